import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Native from '../../native/index.d.ts';
import { KernelError } from './errors.ts';
import { packageRoot } from './package-root.ts';

export type NativeAddon = typeof Native;

let loaded: NativeAddon | undefined;

/** The addon over libbpf, loaded at its first use. KernelError: NATIVE_MISSING. */
export function native(): NativeAddon {
  loaded ??= load();
  return loaded;
}

function load(): NativeAddon {
  const path = join(packageRoot(), 'native', 'build', 'gadget_native.node');
  try {
    return createRequire(import.meta.url)(path) as NativeAddon;
  } catch (error) {
    const reason = existsSync(path) ? `it does not load: ${(error as Error).message}` : 'it was not built';
    throw new KernelError('NATIVE_MISSING', `the addon that talks to the kernel is not usable: ${reason}`, {
      errno: 0,
      operation: 'native',
      context: { path },
      hint: 'run `node native/build.mjs` in the project; it needs g++ and libbpf-dev',
      cause: error,
    });
  }
}
