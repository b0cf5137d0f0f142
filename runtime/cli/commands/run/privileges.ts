import { KernelError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/types.ts';

/** What loading and attaching need; a kernel before 5.8 knows SYS_ADMIN only. */
const needed = ['CAP_BPF', 'CAP_PERFMON'];

/** Says before anything is tried what this process may not do. Errors: PRIVILEGE_MISSING. */
export function checkPrivileges(kernel: Kernel): void {
  if (kernel.features.missingCapabilities(['CAP_SYS_ADMIN']).length === 0) return;
  const missing = kernel.features.missingCapabilities(needed);
  if (missing.length === 0) return;
  throw new KernelError('PRIVILEGE_MISSING', `loading eBPF programs needs ${missing.join(' and ')}, which this process lacks`, {
    errno: 1,
    operation: 'load',
    hint: 'run it as root: sudo gadget run …',
  });
}
