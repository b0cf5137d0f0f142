import { mkdirSync } from 'node:fs';
import type { CommandLine } from './command-line.ts';

/** A gadget that is built quickly: a program on each CPU's clock, and what more is wanted. */
export async function buildSample(line: CommandLine, image: string, more = ''): Promise<string> {
  const name = image.replace(/\W/g, '_');
  mkdirSync(line.path(name));
  line.write(`${name}/gadget.yaml`, `name: ${name}\n`);
  line.write(`${name}/program.bpf.c`, source + more);
  const digest = /sha256:[0-9a-f]{64}/.exec(await line.gadget('build', `./${name}`, '-t', image))?.[0];
  if (digest === undefined) throw new Error('a build names no digest');
  return digest;
}

const source = `
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
struct event {
	__u32 pid;
};
GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(sample, events, event);
SEC("tracepoint/syscalls/sys_enter_getpgid")
int sample_enter(struct syscall_trace_enter *ctx)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}
#ifdef __TARGET_ARCH_x86
const int machine SEC(".rodata.machine") = 1;
#else
const int machine SEC(".rodata.machine") = 2;
#endif
char LICENSE[] SEC("license") = "GPL";
`;
