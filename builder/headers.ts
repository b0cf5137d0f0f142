import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GadgetError } from '../runtime/base/errors.ts';
import type { Architecture } from '../runtime/gadget/spec.ts';

const marker = join('gadgets', 'include');

/** The folder of the headers that gadgets include: `<gadget/…>`, `<bpf/…>`, `<vmlinux.h>`. Found from where this code is, bundled or not. */
export function headersRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, marker);
    if (existsSync(join(candidate, 'gadget', 'macros.h'))) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new GadgetError('COMPILER_MISSING', `the headers of gadgets (${marker}) are not beside this program`, {
    hint: 'install gadget-runtime again',
  });
}

/** Folders to search for headers, ours first: they take the place of libbpf's where those are too old. */
export function includeFolders(root: string, architecture: Architecture): string[] {
  return [root, join(root, 'vmlinux', architecture), ...systemFolders.filter((folder) => existsSync(folder))];
}

/** Debian keeps `asm/` here, and clang does not look there for a target without a system. As with every builder, the building machine's. */
const systemFolders = [process.arch === 'arm64' ? '/usr/include/aarch64-linux-gnu' : '/usr/include/x86_64-linux-gnu'];
