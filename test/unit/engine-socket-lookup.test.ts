import { expect, it } from 'vitest';
import { unattachable } from '../../runtime/engine/attachable.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const object = await compileBpf(`#include <vmlinux.h>
#define GADGET_TYPE_TRACING
#include <gadget/sockets-map.h>
#include <gadget/common.h>
SEC("tp_btf/inet_sock_set_state") int look(__u64 *ctx)
{
	struct gadget_socket_value *value = gadget_socket_lookup((void *)ctx[0], 0);

	return value ? value->pid_tgid : 0;
}
SEC("tracepoint/sched/sched_process_exit") int other(void *ctx) { return bpf_get_smp_processor_id(); }
char LICENSE[] SEC("license") = "GPL";
`);
const spec = specFromParts({ name: 'drops', architecture: 'amd64', object, metadataText: '' }, () => {});
const errorOf = (name: string) => unattachable(spec, spec.programs.find((program) => program.name === name)!);

it('refuses a program that looks up the process of a socket, and no other', () => {
  expect(errorOf('look')).toMatchObject({
    code: 'PROGRAM_UNSUPPORTED',
    message: expect.stringMatching(/drops: program look .*processes of sockets/),
  });
  expect(errorOf('other')).toBeUndefined();
});
