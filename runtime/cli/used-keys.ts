import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse } from 'node:path';
import { replaceWholeFile } from '../base/whole-file.ts';
import { trustFilePaths } from '../oci/signature/trust-location.ts';
import type { CliContext } from './context.ts';

/** The most keys that are noted; the oldest one goes. */
const maxNoted = 50;
const maxBytes = 512 * 1024;

type Environment = CliContext['env'];

/** Public keys that this user has made or signed with, by absolute path, the newest first. Nobody is trusted for being in this list. */
export async function usedKeys(env: Environment): Promise<readonly string[]> {
  try {
    const file = await open(notesPath(env));
    try {
      const { size } = await file.stat();
      return size > maxBytes ? [] : parseNotes(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch {
    return []; // the notes are there to make hints better, and nothing else
  }
}

/** Notes where the public half of a key lies: `cosign.pub` beside `cosign.key`. Never fails; without such a file nothing is noted. */
export async function noteUsedKey(keyPath: string, env: Environment): Promise<void> {
  try {
    const { dir, name } = parse(keyPath);
    const publicPath = join(dir, `${name}.pub`);
    if (!(await stat(publicPath)).isFile() || !(await isPlace(trustFilePaths(env)[0]))) return;
    const before = await usedKeys(env);
    if (before[0] === publicPath) return;
    const keys = [publicPath, ...before.filter((path) => path !== publicPath)].slice(0, maxNoted);
    const path = notesPath(env);
    await mkdir(dirname(path), { recursive: true });
    await replaceWholeFile(path, (file) => file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`), { mode: 0o600 });
  } catch {
    // The key was made, or has signed: that the next hint is less exact is no failure of that.
  }
}

function notesPath(env: Environment): string {
  return `${trustFilePaths(env)[0]}.keys`;
}

/** A trust file that is a device, such as /dev/null, has no place beside it. */
async function isPlace(trustFile: string): Promise<boolean> {
  const about = await stat(trustFile).catch(() => undefined);
  return about === undefined || about.isFile();
}

function parseNotes(text: string): readonly string[] {
  const { keys } = JSON.parse(text) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) return [];
  return keys.filter((path): path is string => typeof path === 'string' && isAbsolute(path)).slice(0, maxNoted);
}
