import { beforeAll, describe, expect, it } from 'vitest';
import { type GuestCaseResult, runInGuest } from '../support/vm/gadgets-in-guest.ts';
import { stockKernel } from '../support/vm/kernel-package.ts';

const unlink = 'touch /tmp/removed; rm /tmp/removed';

let results: Map<string, GuestCaseResult>;

beforeAll(async () => {
  const gadgets = {
    trace_unlink: 'test/vm/gadgets/trace_unlink',
    variants: 'test/vm/gadgets/variants',
    trace_open: 'gadgets/trace_open',
    trace_exec: 'gadgets/trace_exec',
    snapshot_process: 'gadgets/snapshot_process',
  };
  results = await runInGuest(await stockKernel(), gadgets, {
    trace_unlink: { args: ['run', 'trace_unlink', '-o', 'json', '--filter', 'comm==rm'], trigger: unlink },
    variants: { args: ['run', 'variants', '-o', 'json', '-v'], trigger: unlink },
    trace_open: { args: ['run', 'trace_open', '-o', 'json', '--comm', 'cat'], trigger: 'cat /etc/hostname' },
    trace_exec: { args: ['run', 'trace_exec', '-o', 'json'], trigger: 'uname -r' },
    snapshot_process: { args: ['run', 'snapshot_process', '-o', 'json'] },
  });
});

const result = (name: string): GuestCaseResult => {
  const found = results.get(name);
  if (found === undefined) throw new Error(`${name} did not run`);
  return found;
};

describe('a stock Debian kernel', () => {
  it.each(['KPROBE', 'KRETPROBE', 'FENTRY', 'FEXIT'])('attaches a %s and delivers its event', (probe) => {
    const { events, stderr } = result('trace_unlink');
    expect(
      events.filter((event) => event.probe === probe && event.comm === 'rm'),
      stderr,
    ).toHaveLength(1);
  });

  it('gives the return value to kretprobe and fexit', () => {
    const returned = result('trace_unlink').events.filter((event) => event.probe === 'KRETPROBE' || event.probe === 'FEXIT');
    expect(returned.map((event) => event.result)).toEqual([0, 0]);
  });

  it('takes an alternative and leaves out what is optional', () => {
    const { events, stderr, status } = result('variants');
    expect(status, stderr).toBe(0);
    expect(new Set(events.map((event) => event.variant))).toEqual(new Set([2]));
    expect(stderr).toMatch(/first: left out/);
    expect(stderr).toMatch(/missing: left out/);
  });

  it('runs trace_open', () => {
    const { events, stderr } = result('trace_open');
    expect(
      events.map((event) => event.fname),
      stderr,
    ).toContain('/etc/hostname');
  });

  it('runs trace_exec', () => {
    const { events, stderr } = result('trace_exec');
    expect(
      events.some((event) => event.args?.[0] === 'uname' && event.args?.[1] === '-r'),
      stderr,
    ).toBe(true);
  });

  it('runs snapshot_process', () => {
    const { events, status, stderr } = result('snapshot_process');
    expect(status, stderr).toBe(0);
    expect(events.length).toBeGreaterThan(10);
  });
});
