import type { Architecture } from '../gadget/spec.ts';

/** The architecture whose programs this machine's kernel runs. */
export function hostArchitecture(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'amd64';
}
