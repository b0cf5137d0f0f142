import { gadget } from '../support/toolbox.mjs';

const bpftraceProgram = (pid) => `
tracepoint:syscalls:sys_enter_openat /pid == ${pid}/ { @name[tid] = args->filename; }
tracepoint:syscalls:sys_exit_openat /@name[tid]/ {
  printf("%-6d %-16s %4d %s\\n", pid, comm, args->ret, str(@name[tid]));
  delete(@name[tid]);
}`;

/** What shows the files that one process opens, and chooses that process in the kernel. `lineBuffered` prints each event at once. */
export const opensnoop = {
  name: 'opensnoop (libbpf-tools)',
  command: (pid) => ['opensnoop', '-p', String(pid)],
  lineBuffered: (pid) => ['stdbuf', '-oL', 'opensnoop', '-p', String(pid)],
};

export const bpftrace = {
  name: 'bpftrace',
  command: (pid) => ['bpftrace', '-B', 'full', '-e', bpftraceProgram(pid)],
  lineBuffered: (pid) => ['bpftrace', '-e', bpftraceProgram(pid)],
};

/** `gadget run trace_open` with some more flags. */
export function traceOpen(...flags) {
  const command = (pid) => gadget('run', 'trace_open', '--pid', String(pid), ...flags);
  return { name: ['gadget run trace_open', ...flags].join(' '), command, lineBuffered: command };
}
