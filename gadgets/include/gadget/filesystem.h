/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths of open files, across mount points.
 *
 * Includes nothing: bring vmlinux.h, bpf/bpf_helpers.h and
 * bpf/bpf_core_read.h before it.
 */
#ifndef __GADGET_FILESYSTEM_H
#define __GADGET_FILESYSTEM_H

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

/* A good size for a path in a record. */
#define GADGET_PATH_MAX 512

/* The largest value a per-CPU map can have. */
#define MAX_PERCPU_BUFSIZE (1 << 15)

#define STRING_BUF_IDX 0
#define __GADGET_NUM_BUFS 1

#define __GADGET_MAX_PATH_COMPONENTS 80
#define __GADGET_NAME_MAX 255

/* A path grows from the middle of its buffer towards the start. */
#define __GADGET_PATH_END (MAX_PERCPU_BUFSIZE / 2 - 1)

typedef struct {
	__u8 buf[MAX_PERCPU_BUFSIZE];
} buf_t;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, __GADGET_NUM_BUFS);
	__type(key, __u32);
	__type(value, buf_t);
} bufs SEC(".maps");

/* Scratch memory of this CPU. */
static __always_inline buf_t *get_buf(int idx)
{
	return bpf_map_lookup_elem(&bufs, &idx);
}

/* The mount around its public part. The offset is the running kernel's. */
static __always_inline struct mount *real_mount(struct vfsmount *mnt)
{
	return (struct mount *)((void *)mnt - bpf_core_field_offset(struct mount, mnt));
}

static __always_inline struct qstr get_d_name_from_dentry(struct dentry *dentry)
{
	struct qstr name = {};

	/* Newer kernels declare the member const: copied, not BPF_CORE_READ. */
	bpf_core_read(&name, sizeof(name), &dentry->d_name);
	return name;
}

static __always_inline struct dentry *get_d_parent_ptr_from_dentry(struct dentry *dentry)
{
	return BPF_CORE_READ(dentry, d_parent);
}

static __always_inline struct dentry *get_mnt_root_ptr_from_vfsmnt(struct vfsmount *vfsmnt)
{
	return BPF_CORE_READ(vfsmnt, mnt_root);
}

/*
 * Puts "/name" before position pos and returns its start. The masks keep every
 * write inside the buffer, and let the verifier see it.
 */
static __always_inline __u32 __gadget_prepend_name(buf_t *string, __u32 pos, struct dentry *dentry)
{
	struct qstr name = get_d_name_from_dentry(dentry);
	__u32 len = name.len & __GADGET_NAME_MAX;
	volatile __u32 *kept = (void *)&string->buf[MAX_PERCPU_BUFSIZE - sizeof(__u32)];

	pos = (pos - len) & __GADGET_PATH_END;
	if (bpf_probe_read_kernel(&string->buf[pos], len, name.name))
		return 0;

	pos = (pos - 1) & __GADGET_PATH_END;
	string->buf[pos] = '/';

	/*
	 * Through memory, so that the verifier knows of it what the mask says and
	 * no more: bounds that change with every turn of a loop make it follow
	 * each number of turns on its own, a million instructions in all.
	 */
	*kept = pos;
	return *kept & __GADGET_PATH_END;
}

/*
 * A dentry that is its file system's root and mounted nowhere: "/" itself, or
 * a file without a place in any tree, such as a memfd ("memfd:name").
 */
static __always_inline void *__gadget_rootless_name(buf_t *string, struct dentry *dentry)
{
	struct qstr name = get_d_name_from_dentry(dentry);

	if (bpf_probe_read_kernel_str(string->buf, PATH_MAX, name.name) <= 0)
		return NULL;
	return string->buf;
}

/*
 * The absolute path as a string, at most 80 components (the last ones), or
 * NULL. It lives in this CPU's buffer until the next call.
 */
static __always_inline void *get_path_str(struct path *path)
{
	struct vfsmount *vfsmnt = BPF_CORE_READ(path, mnt);
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	struct mount *mnt = real_mount(vfsmnt);
	buf_t *string = get_buf(STRING_BUF_IDX);
	__u32 pos = __GADGET_PATH_END;

	if (!string)
		return NULL;
	string->buf[pos] = '\0';

	for (int i = 0; i < __GADGET_MAX_PATH_COMPONENTS; i++) {
		struct dentry *parent = get_d_parent_ptr_from_dentry(dentry);

		if (dentry == get_mnt_root_ptr_from_vfsmnt(vfsmnt)) {
			struct mount *outer = BPF_CORE_READ(mnt, mnt_parent);

			if (outer == mnt)
				break;
			dentry = BPF_CORE_READ(mnt, mnt_mountpoint);
			mnt = outer;
			vfsmnt = (void *)mnt + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		/* A root that is not its mount's: the tree ends here. */
		if (dentry == parent)
			break;

		/* No room for another name of the longest kind. */
		if (pos <= __GADGET_NAME_MAX + 1)
			break;
		pos = __gadget_prepend_name(string, pos, dentry);
		if (!pos)
			return NULL;
		dentry = parent;
	}

	if (pos == __GADGET_PATH_END)
		return __gadget_rootless_name(string, dentry);
	return &string->buf[pos & __GADGET_PATH_END];
}

/* The same, for a destination of size bytes, which must be a power of two: else NULL. */
static __always_inline void *get_path_str_with_size(struct path *path, __u32 size)
{
	return size && !(size & (size - 1)) ? get_path_str(path) : NULL;
}

/* The current task's open file fd, or NULL. */
static __always_inline struct file *get_struct_file_for_fd(int fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files;
	struct file *file = NULL;

	if (!table || fd < 0 || (unsigned int)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;

	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), &files[fd]))
		return NULL;
	return file;
}

/* Copies the path of an open file to dst; its length with the NUL, or -1. */
static __always_inline long read_full_path_of_open_file_fd(int fd, char *dst, __u64 len)
{
	struct file *file = get_struct_file_for_fd(fd);
	void *string;
	long copied;

	if (!file)
		return -1;

	string = get_path_str((struct path *)__builtin_preserve_access_index(&file->f_path));
	if (!string)
		return -1;

	copied = bpf_probe_read_kernel_str(dst, len, string);
	return copied < 0 ? -1 : copied;
}

#endif /* __GADGET_FILESYSTEM_H */
