import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Stacks } from '../../runtime/engine/stacks.ts';
import type { BpfMap, BpfObject } from '../../runtime/kernel/types.ts';
import { readBuildId } from '../../runtime/symbols/build-id.ts';

const valid = 1;
const onlyAddress = 2;
/** No process has it: pid_max is at most 4,194,304. */
const endedPid = 4_194_305;

interface SampledFrame {
  readonly address: bigint;
  readonly status: number;
  readonly buildId: string;
  readonly offset: bigint;
}

/** An object whose stack maps hold one stack for every id. */
function objectWith(frames: readonly SampledFrame[]): BpfObject {
  const addresses = Buffer.alloc(127 * 8);
  const buildIds = Buffer.alloc(127 * 32);
  for (const [index, { address, status, buildId, offset }] of frames.entries()) {
    addresses.writeBigUInt64LE(address, index * 8);
    buildIds.writeInt32LE(status, index * 32);
    buildIds.write(buildId, index * 32 + 4, 'hex');
    buildIds.writeBigUInt64LE(offset, index * 32 + 24);
  }
  const values: Readonly<Record<string, Uint8Array>> = { ig_ustack: addresses, ig_build_id: buildIds };
  const map = (name: string) => (name in values ? ({ name, lookup: () => values[name] } as unknown as BpfMap) : undefined);
  return { maps: [], map } as unknown as BpfObject;
}

const ended = { stackId: 1, tgid: endedPid, pid: endedPid, major: 0, minor: 0, inode: 1n, baseAddressHash: 0 };
const unknown = '0123456789abcdef0123456789abcdef01234567';
/** Files of other processes are opened through /proc/<pid>/map_files, which only root may. */
const node = process.getuid?.() === 0 ? readBuildId(process.execPath) : undefined;

describe('a frame of a process that has ended', () => {
  it.each([
    { what: 'of a file that nobody has seen', status: valid, buildId: unknown, expected: '01234567+0x5220' },
    {
      what: 'that is no code, below the file it was taken for',
      status: valid,
      buildId: unknown,
      offset: 0xffffaa1c970ac01cn,
      expected: '0x7f0000001234',
    },
    { what: 'of which only the address is known', status: onlyAddress, buildId: unknown, expected: '0x7f0000001234' },
    ...(node === undefined
      ? []
      : [{ what: 'of a file that another process runs', status: valid, buildId: node, expected: `${basename(process.execPath)}+0x5220` }]),
  ])('$what is $expected', ({ status, buildId, offset = 0x5220n, expected }) => {
    const stacks = new Stacks();
    stacks.use(objectWith([{ address: 0x7f0000001234n, status, buildId, offset }]), new Map());
    expect(stacks.userStack(ended).map(({ symbol }) => symbol)).toEqual([expected]);
  });
});
