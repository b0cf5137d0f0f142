/**
 * Starts of names of kfuncs that only read, compute, or manage what is the program's own: https://docs.kernel.org/bpf/kfuncs.html
 * Helpers are not among them: there will be no new ones, so that those of `abilityOfCall` are all that do more.
 */
const starts = `
rcu_read_ preempt_ local_irq_ res_spin_ rdonly_cast cast_to_kern_ctx throw stream_vprintk
dynptr_ obj_new obj_drop percpu_obj_ refcount_acquire list_ rbtree_ arena_ map_sum_elem_count wq_ task_work_ iter_
task_from_ task_acquire task_release task_under_cgroup task_get_cgroup1
cgroup_acquire cgroup_release cgroup_ancestor cgroup_from_id cgroup_read_xattr cpumask_
get_task_exe_file put_file path_d_path get_file_xattr get_dentry_xattr get_fsverity_digest get_kmem_cache
copy_from_user_ probe_read_ str session_ key_put lookup_user_key lookup_system_key verify_pkcs7_signature crypto_
xdp_metadata_ xdp_get_xfrm_state xdp_xfrm_state_release xdp_ct_lookup skb_ct_lookup ct_release skb_get_fou_encap skb_get_xfrm_info
`
  .trim()
  .split(/\s+/);

const pattern = new RegExp(`^(?:bpf_(?:${starts.join('|')})|(?:cgroup|css)_rstat_)`);

/** Whether a function of the kernel is known to do nothing to the host. */
export function isHarmlessKfunc(name: string): boolean {
  return pattern.test(name);
}
