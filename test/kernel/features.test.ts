import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernel, missing } from './fixture.ts';

const { features } = kernel;

describe('the running kernel', () => {
  it('has the release and the CPUs that /proc tells of', () => {
    expect(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()).toBe(features.release);
    const counted = readFileSync('/proc/cpuinfo', 'utf8').match(/^processor\s/gm)!.length;
    expect(features.onlineCpus()).toHaveLength(counted);
    expect(features.possibleCpus).toBeGreaterThanOrEqual(counted);
  });

  it('has the clock that /proc/stat tells of', () => {
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1]);
    expect(Math.abs(Number(features.bootTimeOffsetNs()) / 1e9 - bootSeconds)).toBeLessThan(2);
  });

  it('has BTF when it shows some', () => {
    expect(features.hasBtf()).toBe(existsSync('/sys/kernel/btf/vmlinux'));
  });
});

describe.skipIf(missing.length > 0)('probing', () => {
  it('knows tracepoints that are there from those that are not', () => {
    expect([features.tracepointExists('sched', 'sched_switch'), features.tracepointExists('sched', 'no_such')]).toEqual([true, false]);
  });

  it('answers the same when asked again', () => {
    for (const kind of ['tracepoint', 'tp_btf', 'fentry', 'kprobe', 'uprobe', 'iter', 'perf_event', 'lsm'] as const) {
      const answer = features.programKind(kind);
      expect(answer.supported).toBeTypeOf('boolean');
      expect(features.programKind(kind)).toBe(answer);
    }
  });

  it('finds what every kernel since 5.8 has', () => {
    expect(features.ringBuffer()).toEqual({ supported: true });
    expect(features.programKind('raw_tracepoint')).toEqual({ supported: true });
  });
});
