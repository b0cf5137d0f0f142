import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { withoutRingBuffers } from '../support/kernel-btf.ts';
import { type Event, runGadget } from '../support/run-gadget.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-perf-buffer-'));
const kernelBtf = join(folder, 'vmlinux.btf');

interface Row {
  readonly gadget: string;
  readonly cause: readonly [program: string, ...args: string[]];
  readonly shows: (event: Event) => boolean;
}

const rows: readonly Row[] = [
  { gadget: 'trace_exec', cause: ['uname', '-r'], shows: (event) => event.args[0] === 'uname' && event.args[1] === '-r' },
  { gadget: 'trace_open', cause: ['cat', '/etc/hostname'], shows: (event) => event.fname === '/etc/hostname' && event.fd > 2 },
  { gadget: 'trace_signal', cause: ['sh', '-c', 'kill -WINCH $$'], shows: (event) => event.sig === 'SIGWINCH' },
  { gadget: 'trace_mount', cause: ['umount', folder], shows: (event) => event.op === 'UMOUNT' && event.dest === folder },
];

describeAsRoot('a perf buffer', () => {
  beforeAll(() => writeFileSync(kernelBtf, withoutRingBuffers(readFileSync('/sys/kernel/btf/vmlinux'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(rows)('takes the place of a ring buffer that the kernel lacks: $gadget', async ({ gadget, cause, shows }) => {
    const [program, ...args] = cause;
    const result = await runGadget(['run', `./gadgets/${gadget}`, '-o', 'json', '--kernel-btf', kernelBtf], {
      during: () => void spawnSync(program, args),
      until: (events) => events.some(shows),
    });
    expect(result.status, result.stderr).toBe(0);
    expect(result.events.filter(shows)).not.toEqual([]);
    expect(result.stderr).toMatch(/ 0 lost/);
  });

  it('is read when the image asks for one', async () => {
    const calls = 5000;
    const script = `my $uid; $uid = $< for 1..${calls}`;
    const result = await runGadget(['run', './test/e2e/perf-buffer', '-o', 'json', '--comm', 'perl'], {
      during: () => void spawnSync('perl', ['-e', script]),
      until: (events) => events.length >= calls,
    });
    expect(result.status, result.stderr).toBe(0);
    const { delivered, lost } = /(?<delivered>\d+) delivered.* (?<lost>\d+) lost/.exec(result.stderr)!.groups!;
    expect(Number(delivered) + Number(lost)).toBeGreaterThanOrEqual(calls);
    expect(result.events).toHaveLength(Number(delivered));
    expect(new Set(result.events.map((event) => event.number)).size).toBe(result.events.length);
    expect(result.events[0]).toMatchObject({ comm: 'perl' });
  });
});
