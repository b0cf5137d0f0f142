/* The source of event.btf: clang -target bpf -g -O2 -c event.bpf.c, then llvm-objcopy
 * --dump-section .BTF=event.btf. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef __u64 gadget_timestamp;
typedef __u64 gadget_mntns_id;
typedef __u32 gadget_errno;
typedef __u32 gadget_pid;
typedef char gadget_comm;
typedef __u64 gadget_bytes;
union gadget_ip_addr_t {
	__u8 v6[16];
	unsigned __int128 v6_raw;
	__u32 v4;
};
struct gadget_l4endpoint_t {
	union gadget_ip_addr_t addr_raw;
	__u16 port;
	__u16 proto_raw;
	__u8 version;
};
enum action { ACTION_READ, ACTION_WRITE = 4 };
enum flags_set { FLAG_A = 1, FLAG_B = 2, FLAG_C = 8 };
typedef struct {
	__u16 x, y;
} point_t;
struct event {
	gadget_timestamp timestamp_raw;
	gadget_mntns_id mntns_id;
	struct {
		gadget_comm comm[16];
		gadget_pid pid;
	} proc;
	struct gadget_l4endpoint_t src;
	gadget_errno error_raw;
	enum action action_raw;
	enum flags_set flags_raw;
	gadget_bytes size_raw;
	void *address;
	union {
		__u64 wide;
		struct {
			__u32 low;
			__u32 high;
		};
	};
	point_t points[3];
	__u8 hash[4];
	__s32 matrix[2][2];
	unsigned urgent : 1, level : 3, : 4, code : 12;
	_Bool done;
	__u32 __pad;
	char path[32];
};
const struct event *unused __attribute__((unused));
