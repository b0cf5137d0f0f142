// A walk over tasks, and one over the elements of a map that user space names.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct seq_file;
struct task_struct;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	if (!ctx->task)
		return 0;
	__u64 number = ctx->meta->seq_num;
	bpf_seq_write(ctx->meta->seq, &number, sizeof(number));
	return 0;
}

SEC("iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	__u32 *key = ctx->key;
	if (!key)
		return 0;
	bpf_seq_write(seq, key, sizeof(*key));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
