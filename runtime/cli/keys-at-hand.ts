import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parsePublicKeys } from '../oci/signature/public-key.ts';
import type { KeyFile } from '../oci/signature/require-trusted.ts';
import type { CliContext } from './context.ts';
import { usedKeys } from './used-keys.ts';

/** The most files of a folder that are looked at, and bytes of each. */
const maxFiles = 20;
const maxBytes = 64 * 1024;

/** Public keys in the current folder and those that this user has made or signed with, by the paths to type for them. */
export async function keysAtHand({ cwd, env }: Pick<CliContext, 'cwd' | 'env'>): Promise<readonly KeyFile[]> {
  const here = await keysIn(cwd);
  const known = new Set(here.map(({ path }) => resolve(cwd, path)));
  const elsewhere = (await usedKeys(env)).filter((path) => !known.has(path));
  return [...here, ...(await readAll(elsewhere.map((path) => [path, typable(path, cwd)])))];
}

/** The public keys that lie in a folder as `*.pub`, where `gadget key generate` and cosign put them. What is none is left out. */
export async function keysIn(folder: string): Promise<readonly KeyFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pub')).sort();
  return await readAll(names.slice(0, maxFiles).map((name) => [join(folder, name), name]));
}

async function readAll(files: readonly (readonly [path: string, shown: string])[]): Promise<readonly KeyFile[]> {
  const found: KeyFile[] = [];
  for (const [path, shown] of files) {
    try {
      const about = await stat(path);
      if (about.isFile() && about.size <= maxBytes) found.push({ path: shown, keys: parsePublicKeys(await readFile(path, 'utf8'), shown) });
    } catch {
      // Gone, or not for this purpose, such as a key of ssh.
    }
  }
  return found;
}

function typable(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short;
}
