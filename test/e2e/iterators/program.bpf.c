// SPDX-License-Identifier: GPL-2.0
/* A data source for each kind of BPF iterator. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct task_row {
	gadget_pid pid;
	gadget_tid tid;
};

struct file_row {
	__u64 inode;
	gadget_pid pid;
	__u32 fd;
};

struct map_row {
	__u32 id;
	__u32 max_entries;
	char name[16];
};

struct element_row {
	__u64 key;
	__u64 value;
};

GADGET_ITER(tasks, task_row, each_task);
GADGET_ITER(files, file_row, each_file);
GADGET_ITER(maps, map_row, each_map);
GADGET_ITER(elements, element_row, each_element);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} walked SEC(".maps");
GADGET_ITER_TARGET_MAP(each_element, walked);

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_row row = {};

	if (!task)
		return 0;
	row.pid = task->tgid;
	row.tid = task->pid;
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct file_row row = {};

	if (!task || !file)
		return 0;
	row.inode = BPF_CORE_READ(file, f_inode, i_ino);
	row.pid = task->tgid;
	row.fd = ctx->fd;
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("iter/bpf_map")
int each_map(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	struct map_row row = {};

	if (!map)
		return 0;
	row.id = map->id;
	row.max_entries = map->max_entries;
	BPF_CORE_READ_STR_INTO(&row.name, map, name);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *ctx)
{
	struct element_row row = {};
	__u64 *value = ctx->value;
	__u32 *key = ctx->key;

	if (!key || !value)
		return 0;
	row.key = *key;
	row.value = *value;
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
