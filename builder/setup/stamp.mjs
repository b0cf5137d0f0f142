import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A fingerprint of files and folders by path, size and time of change: cheap enough to take at every start. */
export function fingerprint(root, paths, accept = () => true) {
  const hash = createHash('sha256');
  for (const path of paths) walk(root, path, accept, hash);
  return hash.digest('hex');
}

function walk(root, path, accept, hash) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isDirectory()) {
    for (const entry of readdirSync(join(root, path)).sort()) if (entry !== 'node_modules') walk(root, join(path, entry), accept, hash);
  } else if (accept(path)) {
    hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  }
}

/** True when `stampFile` holds `value`: the work it stands for is done. */
export function isDone(stampFile, value) {
  try {
    return readFileSync(stampFile, 'utf8') === value;
  } catch {
    return false; // never done
  }
}

export function markDone(stampFile, value) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, value);
}
