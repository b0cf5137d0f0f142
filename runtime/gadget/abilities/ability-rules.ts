/** What a program can do to the host beyond looking at it. */
export const abilities = {
  'write-user-memory': 'write to the memory of processes',
  'override-return': 'replace what functions of the kernel return',
  'send-signal': 'send signals to processes',
  'send-input': 'send keys, movements of a pointer and other input',
  'change-packets': 'change, send, redirect or drop packets',
  'change-sockets': 'change options and addresses of sockets',
  'change-files': 'change attributes of files',
  'deny-operations': 'deny operations to processes',
  'change-kernel': 'replace or extend parts of the kernel, or change its settings',
  unknown: 'call functions of the kernel that are not known here',
} as const;

export type Ability = keyof typeof abilities;

/** What calls of helpers and kfuncs mean. */
export const abilityOfCall: ReadonlyArray<readonly [RegExp, Ability]> = [
  [/^bpf_probe_write_user|^bpf_copy_to_user|^bpf_strncpy_to_user/, 'write-user-memory'],
  [/^bpf_override_return$/, 'override-return'],
  [/^bpf_send_signal/, 'send-signal'],
  [/^bpf_rc_(?:repeat|keydown|pointer_rel)$|^hid_bpf_/, 'send-input'],
  [
    /^bpf_(?:skb_(?:store_bytes|vlan_push|vlan_pop|set_tunnel_key|set_tunnel_opt|set_fou_encap|set_xfrm_info|change_\w+|adjust_room|ecn_set_ce|set_tstamp)|l[34]_csum_replace|csum_update|csum_level|clone_redirect|redirect\w*|(?:sk|msg)_redirect_\w+|xdp_(?:adjust_\w+|store_bytes)|msg_(?:apply_bytes|cork_bytes|push_data|pop_data)|lwt_\w+|(?:store|reserve)_hdr_opt|sk_assign|tcp_send_ack)$/,
    'change-packets',
  ],
  [/^bpf_(?:(?:skb|xdp)_ct_alloc|ct_(?:insert|set|change)_\w+)$/, 'change-packets'],
  [
    /^bpf_(?:setsockopt|bind|sock_destroy|sk_assign_tcp_reqsk|sock_addr_set_sun_path|sock_ops_enable_tx_tstamp|sock_(?:map|hash)_update)$/,
    'change-sockets',
  ],
  [/^bpf_(?:set|remove)_dentry_xattr(?:_locked)?$/, 'change-files'],
  [/^bpf_set_retval$/, 'deny-operations'],
  [/^bpf_(?:sys_bpf|sysctl_set_new_value|qdisc_\w+)$|^scx_bpf_|^crash_kexec$/, 'change-kernel'],
];

/** What sections mean: of programs whose return value decides, or that stand in the place of code of the kernel. */
export const abilityOfSection: ReadonlyArray<readonly [RegExp, Ability]> = [
  [
    /^(?:xdp|tcx?|classifier|action|netkit|netfilter|cgroup_skb|cgroup\/skb|lwt_\w+|sk_skb|sk_msg|sk_lookup|sk_reuseport|flow_dissector)\b/,
    'change-packets',
  ],
  [/^sockops\b/, 'change-sockets'],
  [/^(?:lsm|lsm\.s|lsm_cgroup|cgroup\/(?!skb)\w+)\b/, 'deny-operations'],
  [/^fmod_ret\b/, 'override-return'],
  // A writable tracepoint hands over what the kernel goes on with.
  [/^(?:struct_ops|freplace|syscall|raw_tp\.w|raw_tracepoint\.w)\b/, 'change-kernel'],
];
