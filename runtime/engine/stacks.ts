import { basename } from 'node:path';
import type { BpfMap, BpfObject } from '../kernel/types.ts';
import type { UserFrame, UserStackKey } from '../operators/format/host.ts';
import { runningKernelSymbols } from '../symbols/kernel-symbols.ts';
import { ProcessMaps } from '../symbols/process-maps.ts';

/** Maps that kernel_stack_map.h and user_stack_map.h define. */
const kernelStackMap = 'ig_kstack';
const userStackMap = 'ig_ustack';
/** `struct bpf_stack_build_id`: s32 status, u8 build_id[20], u64 offset or address (linux/bpf.h). */
const buildIdMap = 'ig_build_id';
const buildIdBytes = 32;
const buildIdValid = 1;

/** Reads stacks out of a loaded gadget's maps and names their frames. Maps exist once `use` was called. */
export class Stacks {
  #object: BpfObject | undefined;
  readonly #kernelSymbols = runningKernelSymbols();
  readonly #processes = new ProcessMaps();

  /** From now on stacks are those of this object. */
  use(object: BpfObject): void {
    this.#object = object;
  }

  /** Names of a kernel stack's functions, innermost first; empty when it is lost. */
  kernelStack(id: number): readonly string[] {
    return addressesOf(this.#object?.map(kernelStackMap), id).map((address) => this.#kernelSymbols.nameAt(address));
  }

  /** Frames of a user stack as module and offset, innermost first; empty when it is lost. */
  userStack(key: UserStackKey): readonly UserFrame[] {
    const buildIds = this.#object?.map(buildIdMap)?.lookup(keyOf(key.stackId));
    return addressesOf(this.#object?.map(userStackMap), key.stackId).map((address, index) => {
      const place = this.#processes.locate(key.tgid, address);
      const symbol = place === undefined ? `0x${address.toString(16)}` : `${basename(place.path)}+0x${place.offset.toString(16)}`;
      const build = buildIds === undefined ? undefined : buildIdOf(buildIds, index);
      return { address, symbol, ...build };
    });
  }
}

function keyOf(id: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id, true);
  return key;
}

/** A stack map's value is 127 addresses, zero after the last. */
function addressesOf(map: BpfMap | undefined, id: number): bigint[] {
  const value = map?.lookup(keyOf(id));
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const addresses: bigint[] = [];
  for (let at = 0; at + 8 <= value.byteLength; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    addresses.push(address);
  }
  return addresses;
}

function buildIdOf(values: Uint8Array, index: number): { buildId: string; offset: bigint } | undefined {
  const at = index * buildIdBytes;
  if (at + buildIdBytes > values.byteLength) return undefined;
  const view = new DataView(values.buffer, values.byteOffset + at, buildIdBytes);
  if (view.getInt32(0, true) !== buildIdValid) return undefined;
  return { buildId: Buffer.from(values.subarray(at + 4, at + 24)).toString('hex'), offset: view.getBigUint64(24, true) };
}
