import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePublicKeys } from '../oci/signature/public-key.ts';
import type { KeyFile } from '../oci/signature/require-trusted.ts';

/** The most files that are looked at, and bytes of each. */
const maxFiles = 20;
const maxBytes = 64 * 1024;

/** The public keys that lie in a folder as `*.pub`, where `gadget key generate` and cosign put them. What is none is left out. */
export async function keysIn(folder: string): Promise<readonly KeyFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pub')).sort();
  const found: KeyFile[] = [];
  for (const name of names.slice(0, maxFiles)) {
    try {
      const path = join(folder, name);
      const about = await stat(path);
      if (about.isFile() && about.size <= maxBytes) found.push({ path: name, keys: parsePublicKeys(await readFile(path, 'utf8'), name) });
    } catch {
      // Not for this purpose, such as a key of ssh.
    }
  }
  return found;
}
