import { parseElf } from '../../elf/parse.ts';
import type { GadgetSpec, ProgramSpec } from '../spec.ts';
import { readCalls } from './calls.ts';

/** What a program can do to the host beyond looking at it. */
export const abilities = {
  'write-user-memory': 'write to the memory of processes',
  'override-return': 'replace what functions of the kernel return',
  'send-signal': 'send signals to processes',
  'change-packets': 'change, redirect or drop packets',
  'change-sockets': 'change options and addresses of sockets',
  'deny-operations': 'deny operations to processes',
} as const;

export type Ability = keyof typeof abilities;

/** What a program calls in the kernel, and what that means. */
export interface ProgramAbilities {
  readonly program: string;
  /** Helpers and kfuncs, sorted. */
  readonly calls: readonly string[];
  readonly abilities: readonly Ability[];
}

const abilityOfCall: ReadonlyArray<readonly [RegExp, Ability]> = [
  [/^bpf_probe_write_user|^bpf_copy_to_user|^bpf_strncpy_to_user/, 'write-user-memory'],
  [/^bpf_override_return$/, 'override-return'],
  [/^bpf_send_signal/, 'send-signal'],
  [
    /^bpf_(?:skb_(?:store_bytes|vlan_push|vlan_pop|set_tunnel_key|set_tunnel_opt|change_\w+|adjust_room|ecn_set_ce|set_tstamp)|l[34]_csum_replace|csum_update|csum_level|clone_redirect|redirect\w*|(?:sk|msg)_redirect_\w+|xdp_(?:adjust_\w+|store_bytes)|msg_(?:apply_bytes|cork_bytes|push_data|pop_data)|lwt_\w+|store_hdr_opt|sk_assign)$/,
    'change-packets',
  ],
  [/^bpf_(?:setsockopt|bind|sock_destroy|sysctl_set_new_value)$/, 'change-sockets'],
  [/^bpf_set_retval$/, 'deny-operations'],
];

/** Sections of programs whose return value decides. */
const abilityOfSection: ReadonlyArray<readonly [RegExp, Ability]> = [
  [
    /^(?:xdp|tcx?|classifier|action|netkit|netfilter|cgroup_skb|cgroup\/skb|lwt_\w+|sk_skb|sk_msg|sk_lookup|sk_reuseport|flow_dissector)\b/,
    'change-packets',
  ],
  [/^(?:lsm|lsm\.s|lsm_cgroup|cgroup\/(?!skb)\w+)\b/, 'deny-operations'],
  [/^fmod_ret\b/, 'override-return'],
];

/** What each program of a gadget can do to the host, read from its instructions. Throws ELF_INVALID. */
export function readAbilities(spec: GadgetSpec): readonly ProgramAbilities[] {
  if (spec.object === undefined) return [];
  const reader = readCalls(parseElf(spec.object));
  return spec.programs.map((program) => {
    const calls = [...reader.callsOf(program.name)].sort();
    return { program: program.name, calls, abilities: abilitiesOf(program, calls) };
  });
}

function abilitiesOf({ section }: ProgramSpec, calls: readonly string[]): Ability[] {
  const found = new Set<Ability>();
  for (const [pattern, ability] of abilityOfSection) if (pattern.test(section)) found.add(ability);
  for (const [pattern, ability] of abilityOfCall) if (calls.some((call) => pattern.test(call))) found.add(ability);
  return [...found];
}
