import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutRingBuffers } from '../support/kernel-btf.ts';
import { callGetuid, getuidTracepoint, kernel, missing } from './fixture.ts';
import { textAt, withGadget } from './gadget-object.ts';

/** Offsets in `struct event` of headers-tracer.bpf.c: a time, then struct gadget_process. */
const tracer = {
  comm: 8,
  pid: 24,
  tid: 28,
  mntns: 32,
  uid: 40,
  gid: 44,
  parentComm: 48,
  parentPid: 64,
  stack: 72,
  count: 80,
  length: 88,
  path: 96,
};
const runningBtf = '/sys/kernel/btf/vmlinux';
const perfEventArray = 4;
const own = { targ_pid: process.pid };

/** As a loader does for a kernel without ring buffers. */
function usePerfBuffer(gadgetMap: {
  setType(type: number): void;
  setKeySize(bytes: number): void;
  setValueSize(bytes: number): void;
  setMaxEntries(n: number): void;
}): void {
  gadgetMap.setType(perfEventArray);
  gadgetMap.setKeySize(4);
  gadgetMap.setValueSize(4);
  gadgetMap.setMaxEntries(kernel.features.possibleCpus);
}

const perfBuffers = {
  kernelBtf: withoutRingBuffers,
  prepare: (object: { map(name: string): Parameters<typeof usePerfBuffer>[0] | undefined }) => usePerfBuffer(object.map('events')!),
};

function closeFiles(paths: readonly string[]): void {
  for (const path of paths) closeSync(openSync(path, 'r'));
}

describe.skipIf(missing.length > 0)('a tracer made with the headers', () => {
  const buffers = { 'a ring buffer': {}, 'perf buffers, where the kernel has no ring buffer': perfBuffers };

  it.for(Object.entries(buffers))('tells who closed which file, through %s', async ([, how]) => {
    await withGadget('headers-tracer', { variables: own, ...how }, (gadget) => {
      gadget.records();
      gadget.attachTracepoint('on_close', 'syscalls', 'sys_enter_close');
      closeFiles(['/etc/passwd', '/proc/self/status', '/']);

      const records = gadget.records();
      const found = (path: string) => records.find((record) => textAt(record, tracer.path) === path)!;
      expect(records.map((record) => textAt(record, tracer.path))).toEqual(
        expect.arrayContaining(['/etc/passwd', `/proc/${process.pid}/status`, '/']),
      );
      expectOwnProcess(found('/etc/passwd'));
      expect(Number(found('/etc/passwd').getBigInt64(tracer.length, true))).toBe('/etc/passwd'.length + 1);
      expectKernelStack(found('/etc/passwd').getBigInt64(tracer.stack, true));
      expect(gadget.lost()).toBe(0);
    });
  });

  it('keeps the last 80 components of a deep path', async () => {
    const top = mkdtempSync(join(tmpdir(), 'gadget-deep-'));
    try {
      const deep = join(top, ...Array.from({ length: 90 }, (_, i) => `d${i}`));
      execFileSync('mkdir', ['-p', deep]);
      await withGadget('headers-tracer', { variables: own }, (gadget) => {
        gadget.attachTracepoint('on_close', 'syscalls', 'sys_enter_close');
        closeFiles([deep]);
        const paths = gadget.records().map((record) => textAt(record, tracer.path));
        expect(paths).toContain(`/${deep.split('/').slice(-80).join('/')}`);
      });
    } finally {
      rmSync(top, { recursive: true });
    }
  });

  const filters: Readonly<Record<string, readonly [variables: Record<string, number>, shown: boolean]>> = {
    'its own pid': [{ targ_pid: process.pid }, true],
    'another pid': [{ targ_pid: process.ppid }, false],
    'its user': [{ targ_pid: process.pid, targ_uid: process.getuid!() }, true],
    'another user': [{ targ_pid: process.pid, targ_uid: process.getuid!() + 1 }, false],
    'another group': [{ targ_pid: process.pid, targ_gid: process.getgid!() + 1 }, false],
    'its main thread': [{ targ_tid: process.pid }, true],
    'a name no process has': [{ targ_pid: process.pid, targ_comm: 0x21 }, false],
    'no container': [{ targ_pid: process.pid, gadget_filter_by_mntns: 1 }, false],
  };

  it.for(Object.entries(filters))('filtered by %s', async ([, [variables, shown]]) => {
    await withGadget('headers-tracer', { variables }, (gadget) => {
      gadget.attachTracepoint('on_close', 'syscalls', 'sys_enter_close');
      closeFiles(['/etc/passwd']);
      expect(gadget.records().some((record) => textAt(record, tracer.path) === '/etc/passwd')).toBe(shown);
    });
  });

  /** Older kernels hand the registers of user space to these tracepoints, from which they find no kernel stack: EFAULT. */
  function expectKernelStack(id: bigint): void {
    if (id !== -14n) expect(id).toBeGreaterThanOrEqual(0n);
  }

  function expectOwnProcess(record: DataView): void {
    const comm = readFileSync('/proc/self/comm', 'utf8').trim();
    const parentComm = readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim();
    expect([textAt(record, tracer.comm), textAt(record, tracer.parentComm)]).toEqual([comm, parentComm]);
    expect([tracer.pid, tracer.tid, tracer.parentPid].map((at) => record.getUint32(at, true))).toEqual([
      process.pid,
      process.pid,
      process.ppid,
    ]);
    expect([tracer.uid, tracer.gid].map((at) => record.getUint32(at, true))).toEqual([process.getuid!(), process.getgid!()]);
    expect(record.getBigUint64(tracer.mntns, true)).toBe(statSync('/proc/self/ns/mnt', { bigint: true }).ino);
  }
});

describe.skipIf(missing.length > 0)('loss', () => {
  it.for(['by_reserve', 'by_copy'])('%s: submitted = delivered + lost, with several threads', async (program) => {
    await withGadget('headers-loss', { programs: [program], variables: own }, async (gadget) => {
      gadget.attachTracepoint(program, 'raw_syscalls', 'sys_enter');
      let delivered = 0;
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 100 }, () => access('/etc/passwd')));
        delivered += gadget.records().length;
      }
      gadget.detach();
      delivered += gadget.records().length;
      expect(gadget.lost()).toBeGreaterThan(0);
      expect(gadget.global('submitted')).toBe(delivered + gadget.lost());
    });
  });
});

describe.skipIf(missing.length > 0)('user stacks', () => {
  /** PROC_PID_INIT_INO of the kernel. */
  const initialPidNamespace = 0xeffffffc;
  const sized = {
    prepare: (object: { map(name: string): { setMaxEntries(n: number): void } | undefined }) =>
      object.map('ig_build_id')!.setMaxEntries(64),
  };
  const on = { ...own, collect_ustack: 1 };

  it('of a tracepoint: the executable, the process in its namespaces, the frames', async () => {
    await withGadget('headers-stacks', { programs: ['from_tracepoint'], variables: { ...on, collect_build_id: 1 }, ...sized }, (gadget) => {
      gadget.attachTracepoint('from_tracepoint', 'syscalls', 'sys_enter_close');
      closeFiles(['/etc/passwd']);
      const stack = gadget.records()[0]!;
      const file = statSync(process.execPath, { bigint: true });
      expect(stack.getBigUint64(16, true)).toBe(file.mtimeNs / 1_000_000_000n);
      expect(stack.getUint32(24, true)).toBe(Number(file.mtimeNs % 1_000_000_000n));
      expect(stack.getBigUint64(8, true)).toBe(file.ino);
      expect(stack.getUint32(28, true)).not.toBe(0);
      expect([36, 40].map((at) => stack.getUint32(at, true))).toEqual([process.pid, process.pid]);
      expect(stack.getUint32(44, true)).toBe(initialPidNamespace);

      const id = new Uint8Array(new Int32Array([stack.getInt32(32, true)]).buffer);
      expect(firstFrame(gadget.map('ig_ustack').lookup(id)!)).toBeGreaterThan(0n);
      // struct bpf_stack_build_id: status 1 is a valid build id.
      expect(gadget.map('ig_build_id').lookup(id)![0]).toBe(1);
    });
  });

  it('off: all zero', async () => {
    await withGadget('headers-stacks', { programs: ['from_tracepoint'], variables: own, ...sized }, (gadget) => {
      gadget.attachTracepoint('from_tracepoint', 'syscalls', 'sys_enter_close');
      closeFiles(['/etc/passwd']);
      const [stack] = gadget.records();
      expect(new Uint8Array(stack!.buffer)).toEqual(new Uint8Array(72));
    });
  });

  it('of perf events and uprobes load with a profiler beside them', async () => {
    const variables = { ...on, collect_otel_stack: 1 };
    await withGadget('headers-stacks', { programs: ['from_uprobe', 'from_perf_event'], variables, ...sized }, (gadget) => {
      expect(gadget.map('otel_tc_kprobe').maxEntries).toBe(1);
    });
  });

  it('of a tracepoint do not load with a profiler', async () => {
    const variables = { ...on, collect_otel_stack: 1 };
    const load = withGadget('headers-stacks', { programs: ['from_tracepoint'], variables, ...sized }, () => {});
    await expect(load).rejects.toMatchObject({ code: 'LOAD_REJECTED' });
  });

  const firstFrame = (frames: Uint8Array) => new DataView(frames.buffer, frames.byteOffset).getBigUint64(0, true);
});

describe.skipIf(missing.length > 0)('structures that differ between kernels', () => {
  const closeNumber = { x64: 3, arm64: 57 }[process.arch as 'x64' | 'arm64'];

  it('a system call and its arguments, a task and its file', async () => {
    await withGadget('headers-drift', { programs: ['on_call'], variables: { ...own, wanted_syscall: closeNumber } }, (gadget) => {
      gadget.object.program('on_call')!.attach({ kind: 'raw_tracepoint', name: 'sys_enter' });
      const file = openSync('/etc/passwd', 'r');
      closeSync(file);
      const call = gadget.records().find((record) => record.getBigUint64(32, true) === BigInt(file))!;
      expect(call.getBigUint64(0, true)).toBe(statSync(process.execPath, { bigint: true }).ctimeNs);
      expect(call.getBigInt64(8, true)).toBe(0n);
      expect(call.getBigInt64(16, true)).toBe(BigInt(closeNumber));
      // No argument has the numbers 0 and 7.
      expect([24, 80].map((at) => call.getBigUint64(at, true))).toEqual([0n, 0n]);
    });
  });

  it('the block layer and TCP retransmission load', async () => {
    await withGadget('headers-drift', { programs: ['on_block', 'on_retransmit'] }, (gadget) => {
      expect(gadget.object.program('on_retransmit')!.id).toBeGreaterThan(0);
    });
  });
});

/** Open-coded iterators (Linux 6.4), on which bpf_for stands. */
const hasNumberIterators = existsSync(runningBtf) && readFileSync(runningBtf).includes('bpf_iter_num_new');

describe.skipIf(missing.length > 0)('what the headers over libbpf add', () => {
  it.skipIf(!hasNumberIterators)('loops, casts and bit-fields do what they say', async () => {
    await withGadget('headers-libbpf', { programs: ['loops'] }, (gadget) => {
      gadget.object.program('loops')!.attach(getuidTracepoint);
      callGetuid(1);
      expect(['sum', 'first_words', 'last', 'versions'].map((name) => gadget.global(name))).toEqual([45, 7, 5, 0x65]);
    });
  });

  it('probes with six arguments load', async () => {
    await withGadget('headers-libbpf', { programs: ['six', 'result', 'kernel_six', 'user_probe'] }, (gadget) => {
      expect(gadget.object.program('kernel_six')!.id).toBeGreaterThan(0);
    });
  });
});
