import { KernelError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/types.ts';

/** What loading and attaching need; a kernel before 5.8 knows SYS_ADMIN only, which still covers both. */
const needed = ['CAP_BPF', 'CAP_PERFMON'];

/** Says before anything is tried what this process may not do. Errors: PRIVILEGE_MISSING. */
export function checkPrivileges(kernel: Pick<Kernel, 'features'>): void {
  const missing = kernel.features.missingCapabilities(needed);
  if (missing.length === 0) return;
  const options = missing.map((name) => `--cap-add ${name.replace('CAP_', '')}`).join(' ');
  throw new KernelError('PRIVILEGE_MISSING', `loading eBPF programs needs ${missing.join(' and ')}, which this process lacks`, {
    errno: 1,
    operation: 'load',
    context: { missing: missing.join(' ') },
    hint: `run it as root (sudo), or in a container started with ${options}`,
  });
}
