import type { ProgramKind } from './spec.ts';

/** Prefixes of sections that programs are in. A `/` at the end means that a target follows; `.s` variants may sleep. */
const sections: readonly (readonly [prefix: string, kind: ProgramKind])[] = [
  ['tracepoint/', 'tracepoint'],
  ['tp/', 'tracepoint'],
  ['raw_tracepoint/', 'raw_tracepoint'],
  ['raw_tracepoint.w/', 'raw_tracepoint'],
  ['raw_tp/', 'raw_tracepoint'],
  ['raw_tp.w/', 'raw_tracepoint'],
  ['tp_btf/', 'tp_btf'],
  ['fentry/', 'fentry'],
  ['fentry.s/', 'fentry'],
  ['fexit/', 'fexit'],
  ['fexit.s/', 'fexit'],
  ['kprobe/', 'kprobe'],
  ['kretprobe/', 'kretprobe'],
  ['uprobe/', 'uprobe'],
  ['uprobe.s/', 'uprobe'],
  ['uretprobe/', 'uretprobe'],
  ['uretprobe.s/', 'uretprobe'],
  ['usdt/', 'usdt'],
  ['usdt.s/', 'usdt'],
  ['iter/', 'iter'],
  ['iter.s/', 'iter'],
  ['perf_event/', 'perf_event'],
  ['lsm/', 'lsm'],
  ['lsm.s/', 'lsm'],
  ['classifier/', 'sched_cls'],
  ['tc/', 'sched_cls'],
  ['sk_skb/', 'sk_skb'],
];

/** Sections without a target, or with one that is only a name. */
const plain: Readonly<Record<string, ProgramKind>> = {
  perf_event: 'perf_event',
  classifier: 'sched_cls',
  tc: 'sched_cls',
  sockops: 'sockops',
  sk_skb: 'sk_skb',
  sk_msg: 'sk_msg',
};

/** What a section's name says of the programs in it. */
export interface SectionMeaning {
  readonly kind: ProgramKind;
  /** Behind the first `/`: `syscalls/sys_enter_openat`. */
  readonly target: string;
  /** libbpf's `?`: not to be loaded unless asked for. */
  readonly off: boolean;
}

/** Reads a section's name, such as `tracepoint/syscalls/sys_enter_openat`. */
export function readSectionName(name: string): SectionMeaning {
  const off = name.startsWith('?');
  const section = off ? name.slice(1) : name;
  const match = sections.find(([prefix]) => section.startsWith(prefix));
  if (match !== undefined) return { kind: match[1], target: section.slice(match[0].length), off };
  if (Object.hasOwn(plain, section)) return { kind: plain[section]!, target: '', off };
  // `socket`, `socket1`, `socket/name`: whatever follows is only a name.
  if (section.startsWith('socket')) return { kind: 'socket_filter', target: section.slice('socket'.length).replace(/^\//, ''), off };
  return { kind: 'unknown', target: section.slice(section.indexOf('/') + 1), off };
}
