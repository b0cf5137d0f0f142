import { describe, expect, it } from 'vitest';
import { architectures, complaints } from '../support/bpf-compiler.ts';

/** Bytes of each type; §3.12 of the format's specification, sizes of clang for BPF. */
const sizes: Readonly<Record<string, number>> = {
  'union gadget_ip_addr_t': 16,
  'struct gadget_l3endpoint_t': 32,
  'struct gadget_l4endpoint_t': 32,
  'struct gadget_user_stack': 72,
  'struct gadget_creds': 8,
  'struct gadget_parent': 24,
  'struct gadget_process': 64,
  'struct gadget_socket_value': 8280,
  'struct gadget_socket_key': 12,
  'struct gpu_meta': 32,
  'struct gpu_device_metrics': 128,
  'struct gpu_pid_metrics': 40,
  'struct gpu_pid_metrics_aggregated': 32,
  'struct generic_param': 8,
  buf_t: 32768,
};

/** Bytes from the start of the type to each member. */
const offsets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'struct gadget_l3endpoint_t': { addr_raw: 0, version: 16 },
  'struct gadget_l4endpoint_t': { addr_raw: 0, port: 16, proto_raw: 18, version: 20 },
  'struct gadget_parent': { comm: 0, pid: 16, tid: 20 },
  'struct gadget_process': { comm: 0, pid: 16, tid: 20, mntns_id: 24, creds: 32, parent: 40 },
  'struct gadget_user_stack': {
    major: 0,
    minor: 4,
    inode: 8,
    mtime_sec: 16,
    mtime_nsec: 24,
    base_addr_hash: 28,
    stack_id: 32,
    tgid_level0: 36,
    pid_level0: 40,
    pidns_level0: 44,
    pid_level1: 48,
    pidns_level1: 52,
    otel_correlation_id: 56,
    boot_timestamp: 64,
  },
  'struct gadget_socket_key': { netns: 0, family: 4, proto: 6, port: 8 },
  'struct gadget_socket_value': {
    mntns: 0,
    pid_tgid: 8,
    uid_gid: 16,
    task: 24,
    ptask: 40,
    sock: 56,
    deletion_timestamp: 64,
    ppid: 72,
    ptid: 76,
    ipv6only: 80,
    optional_fields_start: 88,
    cwd: 88,
    exepath: 4184,
  },
  'struct gpu_meta': { schema_version: 0, n_devices: 4, last_update_boottime_ns: 8, helper_pid: 16, clock_offset_ns: 24 },
  'struct gpu_device_metrics': {
    timestamp_ns: 0,
    mem_total: 16,
    throttle_reasons: 56,
    nvlink_tx_kbps: 88,
    fan_speed_pct: 120,
    compute_mode: 124,
  },
  'struct gpu_pid_metrics': { timestamp_ns: 0, used_gpu_memory: 8, dec_util_pct: 28, gpu_device: 32, mig_instance: 33 },
  'struct gpu_pid_metrics_aggregated': { used_gpu_memory_total: 8, sm_util_pct_max: 16, gpu_device_primary: 24, device_count: 25 },
};

/** What each typedef stands for. */
const scalars: Readonly<Record<string, readonly string[]>> = {
  __u64: ['mntns_id', 'timestamp', 'duration', 'bytes', 'syscall', 'counter__u64', 'gauge__u64', 'histogram_slot__u64'],
  __u32: [
    ...['netns_id', 'signal', 'errno', 'uid', 'gid', 'pid', 'ppid', 'tid', 'ptid', 'file_mode', 'file_flags', 'kernel_stack'],
    ...['counter__u32', 'gauge__u32', 'histogram_slot__u32'],
  ],
  char: ['comm', 'pcomm'],
};

/** Functions as pointers to them must be declared. */
const tracing: Readonly<Record<string, string>> = {
  gadget_submit_buf: 'long (*)(void *, void *, void *, __u64)',
  gadget_discard_buf: 'void (*)(void *)',
  gadget_should_discard_mntns_id: 'bool (*)(gadget_mntns_id)',
  gadget_should_discard_pid: 'bool (*)(gadget_pid)',
  gadget_should_discard_tid: 'bool (*)(gadget_tid)',
  gadget_should_discard_uid: 'bool (*)(gadget_uid)',
  gadget_should_discard_gid: 'bool (*)(gadget_gid)',
  gadget_should_discard_comm: 'bool (*)(const gadget_comm *)',
  gadget_should_discard_data: 'bool (*)(gadget_mntns_id, gadget_pid, gadget_tid, const gadget_comm *, gadget_uid, gadget_gid)',
  gadget_should_discard_data_current: 'bool (*)(void)',
  gadget_should_discard_data_by_skb: 'bool (*)(const struct gadget_socket_value *)',
  gadget_get_current_mntns_id: 'gadget_mntns_id (*)(void)',
  gadget_get_mntns_id: 'gadget_mntns_id (*)(void)',
  gadget_process_populate: 'void (*)(struct gadget_process *)',
  gadget_socket_lookup: 'struct gadget_socket_value *(*)(const struct sock *, __u32)',
  gadget_process_populate_from_socket: 'void (*)(const struct gadget_socket_value *, struct gadget_process *)',
  get_path_str: 'void *(*)(struct path *)',
  get_path_str_with_size: 'void *(*)(struct path *, __u32)',
  get_struct_file_for_fd: 'struct file *(*)(int)',
  read_full_path_of_open_file_fd: 'long (*)(int, char *, u64)',
  get_buf: 'buf_t *(*)(int)',
  real_mount: 'struct mount *(*)(struct vfsmount *)',
  get_d_name_from_dentry: 'struct qstr (*)(struct dentry *)',
  get_d_parent_ptr_from_dentry: 'struct dentry *(*)(struct dentry *)',
  get_mnt_root_ptr_from_vfsmnt: 'struct dentry *(*)(struct vfsmount *)',
  get_task_state: '__s64 (*)(void *)',
  get_gendisk: 'struct gendisk *(*)(void *)',
  get_disk: 'struct gendisk *(*)(void *)',
  has_block_rq_completion: 'bool (*)(void)',
  has_kfree: 'bool (*)(void)',
  has_kmem_cache_free: 'bool (*)(void)',
  renamedata_has_old_mnt_userns_field: 'bool (*)(void)',
  gadget_get_tcp_retransmit_skb_skbaddr: 'const struct sk_buff *(*)(void *)',
  gadget_get_tcp_retransmit_skb_skaddr: 'const struct sock *(*)(void *)',
  gadget_get_ctime_nanosec_from_inode: 'u64 (*)(struct inode *)',
  gadget_get_syscall_nr: 'long (*)(struct pt_regs *)',
  gadget_get_syscall_arg: 'unsigned long (*)(struct pt_regs *, unsigned int)',
  gadget_get_user_stack_from_kprobe: 'void (*)(void *, struct gadget_user_stack *)',
  gadget_get_user_stack_from_perf_event: 'void (*)(void *, struct gadget_user_stack *)',
  gadget_get_user_stack_from_tracepoint: 'void (*)(void *, struct gadget_user_stack *)',
  gadget_inode_get_mtime: 'void (*)(struct inode *, __u64 *, __u32 *)',
  gadget_get_base_addr_hash: 'u32 (*)(struct task_struct *)',
  gadget_get_kernel_stack: 'long (*)(void *)',
  log2: 'u64 (*)(u32)',
  log2l: 'u64 (*)(u64)',
  get_slot_idx: 'u64 (*)(u64)',
  bpf_map_lookup_or_try_init: 'void *(*)(void *, const void *, const void *)',
  fnv_32a_init: 'u32 (*)(void)',
  fnv_64a_init: 'u64 (*)(void)',
  fnv_32a_update_u8: 'void (*)(u32 *, u8)',
  fnv_32a_update_u16: 'void (*)(u32 *, u16)',
  fnv_32a_update_u32: 'void (*)(u32 *, u32)',
  fnv_32a_update_u64: 'void (*)(u32 *, u64)',
  fnv_64a_update_u8: 'void (*)(u64 *, u8)',
  fnv_64a_update_u16: 'void (*)(u64 *, u16)',
  fnv_64a_update_u32: 'void (*)(u64 *, u32)',
  fnv_64a_update_u64: 'void (*)(u64 *, u64)',
  gpu_meta_fresh: 'struct gpu_meta *(*)(__u64, __u64)',
  gpu_pid_holder: 'struct gpu_pid_metrics_aggregated *(*)(__u32, __u64)',
  gpu_device_underutilized: 'bool (*)(__u8, __u32)',
};

const networking: Readonly<Record<string, string>> = {
  gadget_socket_lookup: 'struct gadget_socket_value *(*)(const struct __sk_buff *)',
  gadget_socket_lookup_with_direction: 'struct gadget_socket_value *(*)(const struct __sk_buff *, __u8)',
  gadget_process_populate_from_socket: 'void (*)(const struct gadget_socket_value *, struct gadget_process *)',
  gadget_pf_in: 'bool (*)(void *, void *, void *, void *, void *)',
};

const constants: Readonly<Record<string, number>> = {
  TASK_COMM_LEN: 16,
  GADGET_SE_PATH_MAX: 4096,
  GADGET_MAX_EVENT_SIZE: 10240,
  GADGET_MAX_SOCKETS: 16384,
  GADGET_INVALID_ID: 0xffffffff,
  GADGET_PATH_MAX: 512,
  PATH_MAX: 4096,
  MAX_PERCPU_BUFSIZE: 32768,
  GADGET_KERNEL_MAX_STACK_DEPTH: 127,
  GADGET_KERNEL_STACK_MAP_MAX_ENTRIES: 10000,
  GADGET_USER_MAX_STACK_DEPTH: 127,
  GADGET_USER_STACK_MAP_MAX_ENTRIES: 10000,
  FNV1_32_PRIME: 0x01000193,
  FNV1_32_INIT: 0x811c9dc5,
  GPU_MAX_DEVICES: 16,
  GPU_DEVICE_PRIMARY_MULTI: 0xff,
};

/** Flavours that programs may use by name. */
const flavours = [
  ...['task_struct___o', 'task_struct___x', 'bio___o', 'bio___x', 'request___x', 'request_queue___x'],
  ...['block_rq_complete', 'block_rq_completion', 'kmem_free', 'kfree', 'kmem_cache_free', 'tcp_retransmit_skb'].map(
    (event) => `trace_event_raw_${event}___x`,
  ),
];

/** Maps as loaders expect them: a type, and how many entries. */
const maps: Readonly<Record<string, readonly [type: string, entries: number]>> = {
  gadget_mntns_filter_map: ['HASH', 1024],
  gadget_heap: ['PERCPU_ARRAY', 1],
  gadget_sockets: ['HASH', 16384],
  bufs: ['PERCPU_ARRAY', 1],
  ig_kstack: ['STACK_TRACE', 10000],
  ig_ustack: ['STACK_TRACE', 10000],
  ig_build_id: ['HASH', 0],
  otel_generic_params: ['PERCPU_ARRAY', 1],
  otel_tc_kprobe: ['PROG_ARRAY', 1],
  otel_tc_perf: ['PROG_ARRAY', 1],
  gpu_meta: ['ARRAY', 1],
  gpu_device: ['ARRAY', 16],
  gpu_per_pid: ['LRU_HASH', 4096],
  gpu_per_pid_per_device: ['LRU_HASH', 4096],
};

const assertions = (conditions: readonly string[]) => conditions.map((text) => `_Static_assert(${text}, ${JSON.stringify(text)});`);
const signatures = (table: Readonly<Record<string, string>>) =>
  assertions(Object.entries(table).map(([name, type]) => `__builtin_types_compatible_p(typeof(&${name}), ${type})`));
const includes = (...names: string[]) => ['vmlinux.h', ...names].map((name) => `#include <${name}>`);
const gadget = (...names: string[]) => names.map((name) => `gadget/${name}.h`);

const everything = [
  '#define GADGET_TYPE_TRACING',
  '#define GPU_BRIDGE_WANT_ALL',
  ...includes('bpf/bpf_helpers.h', 'bpf/bpf_core_read.h'),
  ...gadget('buffer', 'filter', 'common', 'sockets-map', 'filesystem', 'core_fixes.bpf', 'user_stack_map').map((h) => `#include <${h}>`),
  ...gadget('kernel_stack_map', 'bits.bpf', 'maps.bpf', 'fnv1a', 'gpu_bridge_maps').map((h) => `#include <${h}>`),
];
const packets = [
  '#define GADGET_TYPE_NETWORKING',
  ...includes(...gadget('sockets-map', 'packetfilter')),
  'GADGET_PF(in)',
  'void *used = gadget_pf_in;',
];

const checks: Readonly<Record<string, readonly string[]>> = {
  sizes: [...everything, ...assertions(Object.entries(sizes).map(([type, bytes]) => `sizeof(${type}) == ${bytes}`))],
  'offsets of members': [
    ...everything,
    ...Object.entries(offsets).flatMap(([type, members]) =>
      assertions(Object.entries(members).map(([member, offset]) => `__builtin_offsetof(${type}, ${member}) == ${offset}`)),
    ),
  ],
  'an address of 16-byte alignment': [...everything, ...assertions(['_Alignof(struct gadget_l4endpoint_t) == 16'])],
  typedefs: [
    ...everything,
    ...Object.entries(scalars).flatMap(([type, names]) =>
      assertions(names.map((name) => `__builtin_types_compatible_p(gadget_${name}, ${type})`)),
    ),
  ],
  'functions for tracing': [...everything, ...signatures(tracing)],
  'functions for packets': [...packets, ...signatures(networking)],
  constants: [...everything, ...assertions(Object.entries(constants).map(([name, value]) => `(${name}) == ${value}`))],
  'flavours of kernel types': [...everything, ...assertions(flavours.map((name) => `sizeof(struct ${name}) > 0`))],
  maps: [
    ...everything,
    ...Object.entries(maps).flatMap(([name, [type, entries]]) =>
      assertions([`sizeof(*${name}.type) / 4 == BPF_MAP_TYPE_${type}`, `sizeof(*${name}.max_entries) / 4 == ${entries}`]),
    ),
  ],
  parameters: [
    ...everything,
    ...assertions(
      ['targ_pid', 'targ_tid', 'targ_uid', 'targ_gid', 'targ_comm', 'collect_ustack', 'collect_build_id', 'collect_otel_stack']
        .map((name) => `__builtin_types_compatible_p(typeof(gadget_param_${name}), const void *)`)
        .concat(`__builtin_types_compatible_p(typeof(ig_build_id_max_entries), const volatile int)`),
    ),
  ],
};

describe.concurrent('what a program may rely on, on both architectures', () => {
  it.for(Object.entries(checks))('%s', async ([, lines]) => {
    for (const architecture of architectures) expect(await complaints(`${lines.join('\n')}\n`, architecture), architecture).toBe('');
  });

  it('is really compared: a wrong size is refused', async () => {
    const wrong = [...everything, ...assertions(['sizeof(struct gadget_process) == 63'])];
    expect(await complaints(`${wrong.join('\n')}\n`, 'amd64')).toMatch(/static assertion failed/);
  });
});
