import { type Formatter, hasType, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';
import { plainTextFormula } from './text-cache.ts';

const annotation = 'formatters.signal.target';

/** Names by number from 1, as amd64 and arm64 share them. */
const names = `SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM
  SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS`.split(
  /\s+/,
);

/** A signal's name: `SIGKILL`; `signal#N` for a number without a name (real-time signals, 0). */
export function signalName(signal: number): string {
  return names[signal - 1] ?? `signal#${signal}`;
}

/** `gadget_signal` → name. */
export const signalFormatter: Formatter = {
  name: 'signal',
  accepts: (field) => hasType(field, 'gadget_signal') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const formula = plainTextFormula((value) => signalName(Number(value)));
    addReadable(site, { name, inputs: [site.field], ...formula, annotations: { 'columns.width': '12' } });
  },
};
