import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { enableStatistics } from '../../runtime/kernel/kernel.ts';
import type { AttachRequest, BpfObject, Probe } from '../../runtime/kernel/types.ts';
import { asU64, callGetuid, compileFixture, getuidTracepoint, keepPrograms, kernel, missing, u32, u64, withObject } from './fixture.ts';

let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await compileFixture('attach');
});

const hits = (object: BpfObject): bigint => asU64(object.map('.bss')!.lookup(u32(0))!);

/** This process's C library, and where getuid() starts in its file (text is mapped at its file offset there). */
function getuidInLibc(): { path: string; offset: bigint } {
  const path = /\s(\/\S*libc\.so\.6)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))![1]!;
  const symbol = /^([0-9a-f]+) \w getuid\b/m.exec(execFileSync('nm', ['-D', path], { encoding: 'utf8' }))!;
  return { path, offset: BigInt(`0x${symbol[1]}`) };
}

function spin(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

interface Row {
  readonly program: string;
  readonly probe: Parameters<typeof kernel.features.programKind>[0];
  readonly request: () => AttachRequest;
  readonly cause: () => void;
}

function readFile(): void {
  readFileSync('/proc/self/comm');
}

const rows: readonly Row[] = [
  { program: 'on_tracepoint', probe: 'tracepoint', request: () => getuidTracepoint, cause: () => callGetuid(1) },
  {
    program: 'on_raw_tracepoint',
    probe: 'raw_tracepoint',
    request: () => ({ kind: 'raw_tracepoint', name: 'sys_enter' }),
    cause: () => callGetuid(1),
  },
  { program: 'on_tp_btf', probe: 'tp_btf', request: () => ({ kind: 'tracing' }), cause: () => callGetuid(1) },
  { program: 'on_fentry', probe: 'fentry', request: () => ({ kind: 'tracing' }), cause: readFile },
  { program: 'on_fexit', probe: 'fentry', request: () => ({ kind: 'tracing' }), cause: readFile },
  { program: 'on_lsm', probe: 'lsm', request: () => ({ kind: 'tracing' }), cause: readFile },
  ...[false, true].map(
    (onReturn): Row => ({
      program: 'on_kprobe',
      probe: 'kprobe',
      request: () => ({ kind: 'kprobe', symbol: 'vfs_read', onReturn }),
      cause: readFile,
    }),
  ),
  {
    program: 'on_uprobe',
    probe: 'uprobe',
    request: () => ({ kind: 'uprobe', ...getuidInLibc(), onReturn: false, pid: process.pid }),
    cause: () => callGetuid(1),
  },
  {
    program: 'on_uprobe',
    probe: 'uprobe',
    request: () => ({ kind: 'uprobe', ...getuidInLibc(), onReturn: true }),
    cause: () => callGetuid(1),
  },
  {
    program: 'on_perf_event',
    probe: 'perf_event',
    request: () => ({ kind: 'perf_event', type: 1, config: 0, frequencyHz: 999, cpu: -1 }),
    cause: () => spin(50),
  },
];

/** Kinds of programs that are known to work where the tests run: there a probe that says no is a fault. */
const demanded = (process.env['GADGET_TEST_DEMANDS'] ?? '').split(' ');

/** Where a probe says no, the refusal must be typed; where it says yes, it must work. */
function expectTypedRefusal(object: BpfObject, row: Row): void {
  const attach = (): void => {
    object.load();
    object.program(row.program)!.attach(row.request());
  };
  expect(attach).toThrow(expect.objectContaining({ code: 'KERNEL_FEATURE_MISSING', hint: expect.any(String) }));
}

function attachAll(object: BpfObject, row: Row): { close(): void }[] {
  const request = row.request();
  const requests = request.kind === 'perf_event' ? kernel.features.onlineCpus().map((cpu) => ({ ...request, cpu })) : [request];
  return requests.map((one) => object.program(row.program)!.attach(one));
}

describe.skipIf(missing.length > 0)('attaching', () => {
  it.each(rows)('$program runs while it is attached, or is refused as the probe says', (row) => {
    const probe: Probe = kernel.features.programKind(row.probe);
    withObject(bytes, (object) => {
      keepPrograms(object, row.program);
      if (demanded.includes(row.probe)) expect(probe).toEqual({ supported: true });
      if (probe.supported !== true) return expectTypedRefusal(object, row);
      object.load();
      const links = attachAll(object, row);
      row.cause();
      const during = hits(object);
      expect(during).toBeGreaterThan(0n);
      for (const link of links) link.close();
      const closed = hits(object);
      row.cause();
      expect(hits(object)).toBe(closed);
    });
  });

  it('is ended link by link', () => {
    withObject(bytes, (object) => {
      keepPrograms(object, 'on_tracepoint', 'on_raw_tracepoint');
      object.load();
      const first = object.program('on_raw_tracepoint')!.attach({ kind: 'raw_tracepoint', name: 'sys_enter' });
      const second = object.program('on_tracepoint')!.attach(getuidTracepoint);
      const runsOfACall = (): bigint => {
        const before = hits(object);
        callGetuid(1);
        return hits(object) - before;
      };
      const both = runsOfACall();
      first.close();
      first.close();
      const one = runsOfACall();
      second.close();
      expect([both > one, one, runsOfACall()]).toEqual([true, 1n, 0n]);
    });
  });

  it('is ended for all links at once, but not for iterators', async () => {
    const iterators = await compileFixture('iterators');
    withObject(bytes, (object) => {
      keepPrograms(object, 'on_tracepoint');
      object.load();
      for (const name of ['sys_enter_getuid', 'sys_exit_getuid', 'sys_enter_umask', 'sys_exit_umask']) {
        object.program('on_tracepoint')!.attach({ kind: 'tracepoint', category: 'syscalls', name });
      }
      callGetuid(1);
      expect(hits(object)).toBe(2n);
      object.detach();
      object.detach();
      callGetuid(1);
      expect(hits(object)).toBe(2n);
    });
    withObject(iterators, (object) => {
      keepPrograms(object, 'each_task');
      object.load();
      const link = object.program('each_task')!.attach({ kind: 'iter' });
      object.detach();
      expect(link.openIterator().read()!.length).toBeGreaterThan(0);
    });
  });

  it.each([
    ['on_tracepoint', { kind: 'tracepoint', category: 'syscalls', name: 'no_such' }, 'ATTACH_TARGET_MISSING', 'syscalls/no_such'],
    ['on_raw_tracepoint', { kind: 'raw_tracepoint', name: 'no_such' }, 'ATTACH_TARGET_MISSING', 'no_such'],
    ['on_uprobe', { kind: 'uprobe', path: '/no/such/file', offset: 0n, onReturn: false }, 'ATTACH_TARGET_MISSING', '/no/such/file'],
    ['on_perf_event', { kind: 'perf_event', type: 1, config: 0, frequencyHz: 99, cpu: 100_000 }, 'ATTACH_FAILED', 'CPU 100000'],
  ] as const)('%s to a target that is not there says so', (name, request, code, words) => {
    withObject(bytes, (object) => {
      keepPrograms(object, name);
      object.load();
      expect(() => object.program(name)!.attach(request)).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(words), context: expect.objectContaining({ program: name }) }),
      );
    });
  });

  it('needs a loaded program and an open object', () => {
    withObject(bytes, (object) => {
      keepPrograms(object, 'on_tracepoint');
      const attach = (): unknown => object.program('on_tracepoint')!.attach(getuidTracepoint);
      expect(attach).toThrow();
      object.load();
      object.close();
      expect(attach).toThrow();
    });
  });

  it('counts runs while statistics are on', () => {
    withObject(bytes, (object) => {
      keepPrograms(object, 'on_tracepoint');
      object.load();
      const program = object.program('on_tracepoint')!;
      program.attach(getuidTracepoint);
      const statistics = enableStatistics();
      callGetuid(10);
      statistics.close();
      const counted = program.statistics();
      expect(counted.runCount).toBeGreaterThanOrEqual(10n);
      expect(counted.runTimeNs).toBeGreaterThan(0n);
      expect(counted.recursionMisses).toBe(0n);
      expect(program.id).toBeGreaterThan(0);
    });
  });
});

describe.skipIf(missing.length > 0)('a BPF iterator', () => {
  let iterators: Uint8Array;
  beforeAll(async () => {
    iterators = await compileFixture('iterators');
  });

  function readAll(object: BpfObject, name: string, request: AttachRequest): number[] {
    const link = object.program(name)!.attach(request);
    const stream = link.openIterator();
    const lengths: number[] = [];
    for (let chunk = stream.read(); chunk !== undefined; chunk = stream.read()) lengths.push(chunk.length);
    stream.close();
    stream.close();
    link.close();
    return lengths;
  }

  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

  it('walks over tasks', () => {
    withObject(iterators, (object) => {
      keepPrograms(object, 'each_task');
      object.load();
      expect(sum(readAll(object, 'each_task', { kind: 'iter' })) / 8).toBeGreaterThan(5);
    });
  });

  it('walks over the elements of a named map, anew each time', () => {
    withObject(iterators, (object) => {
      keepPrograms(object, 'each_element');
      object.load();
      const map = object.map('hash')!;
      for (let i = 0; i < 5; i++) map.update(u32(i), u64(1n));
      const walk = (): number => sum(readAll(object, 'each_element', { kind: 'iter', mapFd: map.fd })) / 4;
      expect(walk()).toBe(5);
      map.delete(u32(0));
      expect(walk()).toBe(4);
    });
  });
});
