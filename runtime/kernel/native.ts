import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Native from '../../native/index.d.ts';
import { KernelError } from './errors.ts';

export type NativeAddon = typeof Native;

let loaded: NativeAddon | undefined;

/** The addon over libbpf, loaded at its first use. KernelError: NATIVE_MISSING. */
export function native(): NativeAddon {
  loaded ??= load();
  return loaded;
}

function load(): NativeAddon {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const path = join(root, 'native', 'build', 'gadget_native.node');
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

/** The project's folder: in a bundle this module lies somewhere else than in the source tree. */
function packageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && isOurs(manifest)) return folder;
    if (folder === dirname(folder)) return from;
  }
}

function isOurs(manifest: string): boolean {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name === 'gadget-runtime';
}
