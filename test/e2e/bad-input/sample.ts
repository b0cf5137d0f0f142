/** Begins the names of programs and maps, so that those of other tests are told apart in the kernel. */
export const mark = `b${process.pid}`;

/** What a gadget differs in from one that works. */
export interface Change {
  /** The line that declares the data source. */
  readonly macro?: string;
  /** The section of its program. */
  readonly section?: string;
  /** More of the source, before the program. */
  readonly more?: string;
  /** Other files of its folder by name; `program.bpf.c: undefined` leaves the program out. */
  readonly files?: Readonly<Record<string, string | undefined>>;
}

/** The files of a gadget that counts execs of programs, with that change. */
export function sampleFiles({ macro, section, more, files }: Change): Readonly<Record<string, string | undefined>> {
  return { 'program.bpf.c': source(macro, section, more), ...files };
}

function source(
  macro = `GADGET_TRACER(calls, ${mark}_events, event);`,
  section = 'tracepoint/sched/sched_process_exec',
  more = '',
): string {
  return `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_timestamp timestamp_raw;
	__u32 pid;
};

GADGET_TRACER_MAP(${mark}_events, 1024 * 256);

const volatile __u32 least_pid = 0;
GADGET_PARAM(least_pid);

${macro}

${more.replaceAll('MARK', mark)}

SEC("${section}")
int ${mark}_call(void *ctx)
{
	struct event *event = gadget_reserve_buf(&${mark}_events, sizeof(*event));

	if (!event)
		return 0;
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	gadget_submit_buf(ctx, &${mark}_events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;
}
