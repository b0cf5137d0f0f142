import type { Enumeration } from '../../schema/data-source.ts';

/** What formatters need to know of the machine that the records come from. Functions must be cheap after the first call with an argument. */
export interface FormatHost {
  /** Added to nanoseconds since boot gives nanoseconds since the epoch. */
  readonly bootTimeOffsetNs: bigint;
  /** Timestamps in UTC instead of the local time zone. */
  readonly utc: boolean;
  /** Whose system call numbers `gadget_syscall` holds. */
  readonly architecture: 'amd64' | 'arm64';
  /** A user's name, undefined when the host knows none. Printable ASCII. */
  userName(uid: number): string | undefined;
  /** A group's name, undefined when the host knows none. Printable ASCII. */
  groupName(gid: number): string | undefined;
  /** The running kernel's enum of that name, whose values win over those the gadget was compiled with. */
  kernelEnumeration?(name: string): Enumeration | undefined;
  /** Function names of a kernel stack, innermost first; empty when the stack is lost. Without it kernel stacks stay numbers. */
  kernelStack?(id: number): readonly string[];
  /** Frames of a user stack, innermost first; empty when the stack is lost. Without it user stacks stay raw. */
  userStack?(stack: UserStackKey): readonly UserFrame[];
}

/** Names a user stack: its number in the stack map and the process and binary it was taken from (`struct gadget_user_stack`). */
export interface UserStackKey {
  readonly stackId: number;
  /** Pid and thread group in the initial pid namespace. */
  readonly tgid: number;
  readonly pid: number;
  /** Device and inode of the executable. */
  readonly major: number;
  readonly minor: number;
  readonly inode: bigint;
  /** Hash of the process' address space, tells processes with a reused pid apart. */
  readonly baseAddressHash: number;
}

export interface UserFrame {
  readonly address: bigint;
  /** Hexadecimal; undefined when unknown. */
  readonly buildId?: string;
  /** Bytes from the start of the file that the build id names. */
  readonly offset?: bigint;
  /** What to show: a function's name, or module and offset. */
  readonly symbol: string;
}
