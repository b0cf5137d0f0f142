import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Largest file that is read; a host with more users than that has them in a directory service. */
const fileBytesMax = 16 * 1024 * 1024;
/** How long a look-up trusts what it read before it asks whether the file has changed. */
const checkIntervalMs = 1000;
const plainName = /^[A-Za-z0-9._$@+-]{1,200}$/;

export interface IdNames {
  userName(uid: number): string | undefined;
  groupName(gid: number): string | undefined;
}

/** Names of users and groups from `etc/passwd` and `etc/group` below a root folder, read when first needed and again after they change. */
export function hostUsers(root = process.env['HOST_ROOT'] ?? '/'): IdNames {
  const users = new NameFile(join(root, 'etc/passwd'));
  const groups = new NameFile(join(root, 'etc/group'));
  return { userName: (uid) => users.nameOf(uid), groupName: (gid) => groups.nameOf(gid) };
}

class NameFile {
  readonly #path: string;
  #names: ReadonlyMap<number, string> = new Map();
  #modifiedMs = -1;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
  }

  nameOf(id: number): string | undefined {
    const now = performance.now();
    if (now - this.#checkedMs >= checkIntervalMs) {
      this.#checkedMs = now;
      this.#refresh();
    }
    return this.#names.get(id);
  }

  #refresh(): void {
    try {
      const stat = statSync(this.#path);
      if (stat.mtimeMs === this.#modifiedMs || stat.size > fileBytesMax) return;
      this.#modifiedMs = stat.mtimeMs;
      this.#names = parseNames(readFileSync(this.#path, 'latin1'));
    } catch {
      this.#names = new Map(); // not there or not readable: numbers are shown instead of names
    }
  }
}

/** Id → name of the lines `name:password:id:…` (passwd(5), group(5)); the first of several names wins, odd ones are left out. */
export function parseNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || id === undefined || !/^\d{1,10}$/.test(id) || !plainName.test(name)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
