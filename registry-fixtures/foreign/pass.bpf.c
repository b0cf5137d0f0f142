// A program without anything to show, as bpfman loads it onto a network interface. Written for
// these tests.
#include <vmlinux.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
