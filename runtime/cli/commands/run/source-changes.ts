import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Editors save in several steps: a build starts when the files have been quiet for so long. Milliseconds. */
const quietMs = 60;
/** How often files are looked at where the kernel does not tell of changes (network file systems). Milliseconds. */
const lookMs = 1000;
/** A bound for a target in a folder that is no gadget's, such as a home directory. */
const maxFolders = 100;

/** What a gadget is made of. Names with a dot before them are what editors keep for themselves. */
const sourcePattern = /^[^.].*\.(c|h|ya?ml)$/;

/** Path → something that changes at every save. */
type Stamps = ReadonlyMap<string, string>;

/**
 * Tells when files that a gadget is made from were saved: those of its folder, or a single source with the headers and the YAML beside it.
 * What counts is how the files are, not what the kernel tells of: renames over a file, and folders that come and go, make no difference.
 */
export class SourceChanges {
  readonly #folder: string;
  /** The source, when the target is one file. */
  readonly #source: string | undefined;
  readonly #watchers = new Map<string, FSWatcher>();
  #known: Stamps;
  #closed = false;
  #wake: () => void = () => {};

  constructor(target: string) {
    const path = resolve(target);
    this.#source = isFolder(path) ? undefined : basename(path);
    this.#folder = this.#source === undefined ? path : dirname(path);
    this.#known = this.#look();
  }

  /** Names of the files that changed since the last call, as soon as they are quiet; none when the signal or `close` came first. */
  async next(signal: AbortSignal): Promise<string[]> {
    for (;;) {
      await this.#woken(signal);
      if (signal.aborted || this.#closed) return [];
      let now = this.#look();
      const names = differences(this.#known, now);
      if (names.length === 0) continue;
      for (let before: Stamps = new Map(); differences(before, now).length > 0; now = this.#look()) {
        before = now;
        await sleep(quietMs);
      }
      this.#known = now;
      return names.map((path) => relative(this.#folder, path));
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#closed = true;
    this.#wake();
  }

  async #woken(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, lookMs);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }

  /** The files as they are now; every folder with some is watched from here on. */
  #look(): Stamps {
    const stamps = new Map<string, string>();
    const folders = [this.#folder];
    for (let folder = folders.shift(), seen = 0; folder !== undefined && seen < maxFolders; folder = folders.shift(), seen++) {
      this.#watch(folder);
      for (const entry of entriesOf(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory() && this.#source === undefined && !/^(\.|node_modules$)/.test(entry.name)) folders.push(path);
        else if (this.#isPart(entry.name)) stamps.set(path, stampOf(path));
      }
    }
    return stamps;
  }

  #isPart(name: string): boolean {
    if (this.#source === undefined || name === this.#source) return sourcePattern.test(name);
    return sourcePattern.test(name) && !name.endsWith('.c');
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const forget = () => {
      this.#watchers.get(folder)?.close();
      this.#watchers.delete(folder);
    };
    try {
      const watcher = watch(folder, (event) => {
        // The folder itself may have been replaced: watched again at the next look.
        if (event === 'rename' && !isFolder(folder)) forget();
        this.#wake();
      });
      this.#watchers.set(folder, watcher.on('error', forget));
    } catch {
      // Not there, or no more watches to be had: it is looked at all the same.
    }
  }
}

function differences(before: Stamps, now: Stamps): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((path) => before.get(path) !== now.get(path)).sort();
}

function stampOf(path: string): string {
  const { mtimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {};
  return `${mtimeNs} ${size} ${ino}`;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // gone, or not for us
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
