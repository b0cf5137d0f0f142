import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from './errors.ts';
import { packageRoot } from './package-root.ts';

/** The bytes of one of the runtime's own eBPF objects (`runtime/<owner>/bpf/<name>.bpf.c`). KernelError: NATIVE_MISSING. */
export function readOwnObject(name: string): Uint8Array {
  const path = join(packageRoot(), 'dist', 'bpf', `${name}.o`);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new KernelError('NATIVE_MISSING', `the eBPF object ${path} was not built`, {
      errno: 0,
      operation: 'read',
      hint: 'run `npm start -- version` in the project: it builds what is missing',
      cause,
    });
  }
}
