import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../runtime/gadget/spec.ts';
import { compile } from './compile.ts';
import { findCompiler } from './compiler.ts';

const suffix = '.bpf.c';

/**
 * Compiles the runtime's own eBPF programs (`runtime/<owner>/bpf/*.bpf.c`) for this machine into `dist/bpf/<name>.o`.
 * Errors: COMPILER_MISSING, COMPILE_FAILED.
 */
export async function compileOwnPrograms(root: string, architecture: Architecture): Promise<void> {
  const compiler = await findCompiler();
  const out = join(root, 'dist', 'bpf');
  mkdirSync(out, { recursive: true });
  for (const { folder, source } of ownPrograms(root)) {
    const { object } = await compile({ compiler, folder, source, architecture, cflags: [] });
    writeFileSync(join(out, source.replace(suffix, '.o')), object);
  }
}

function ownPrograms(root: string): { folder: string; source: string }[] {
  const runtime = join(root, 'runtime');
  return readdirSync(runtime)
    .map((owner) => join(runtime, owner, 'bpf'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((source) => ({ folder, source })))
    .filter(({ source }) => source.endsWith(suffix));
}
