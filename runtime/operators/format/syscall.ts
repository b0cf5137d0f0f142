import { type Formatter, hasType, targetName } from './formatter.ts';
import type { FormatHost } from './host.ts';
import { addReadable } from './new-field.ts';
import { numberInputs, numberOf } from './number-inputs.ts';
import { amd64Syscalls } from './syscalls/amd64.ts';
import { arm64Syscalls } from './syscalls/arm64.ts';
import { syscallNames } from './syscalls/syscall-run.ts';
import { plainTextFormula } from './text-cache.ts';

const annotation = 'formatters.syscall.target';

/** A function from a system call's number to `SYS_OPENAT`; `SYS_UNKNOWN` for a number without a name. */
export function syscallNamer(architecture: FormatHost['architecture']): (number: number) => string {
  const names = syscallNames(architecture === 'amd64' ? amd64Syscalls : arm64Syscalls);
  return (number) => `SYS_${names.get(number)?.toUpperCase() ?? 'UNKNOWN'}`;
}

/** `gadget_syscall` → name on the host's architecture. */
export const syscallFormatter: Formatter = {
  name: 'syscall',
  accepts: (field) => hasType(field, 'gadget_syscall') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const formula = plainTextFormula(syscallNamer(site.host.architecture));
    addReadable(site, {
      name,
      inputs: numberInputs(site.field),
      evaluate: (low: number, high?: number) => formula.evaluate(numberOf(low, high)),
      write: (out: Uint8Array, at: number, low: number, high?: number) => formula.write(out, at, numberOf(low, high)),
      annotations: { 'columns.width': '18', 'columns.maxwidth': '28' },
    });
  },
};
