import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { readBuildId } from './build-id.ts';
import { type Mapping, readProcessMaps } from './process-maps.ts';

/** Files that are remembered, the latest; a machine has some hundred that run. */
const rememberedFiles = 10_000;
/** A new process runs the program of its parent for a moment: it is looked at a second time. */
const looksPerProcess = 2;

/** Names of the files that processes run, by build id: they outlive the process. */
export class ModuleNames {
  readonly #procPath: string;
  /** How often each living process was looked at. */
  #looks = new Map<number, number>();
  readonly #knownFiles = new Set<string>();
  readonly #names = new Map<string, string>();

  constructor(procPath = '/proc') {
    this.#procPath = procPath;
  }

  /** Looks at the processes that are new since the last look. Leaves out what is refused. */
  look(): void {
    const looks = new Map<number, number>();
    for (const pid of this.#listProcesses()) {
      const before = this.#looks.get(pid) ?? 0;
      if (before < looksPerProcess) this.#lookAt(pid);
      looks.set(pid, Math.min(before + 1, looksPerProcess));
    }
    this.#looks = looks;
  }

  /** Last part of the path of the file with that build id (40 hexadecimal digits), if a process was seen that runs it. */
  nameOf(buildId: string): string | undefined {
    return this.#names.get(buildId);
  }

  #listProcesses(): number[] {
    try {
      return readdirSync(this.#procPath).map(Number).filter(Number.isInteger);
    } catch {
      return [];
    }
  }

  #lookAt(pid: number): void {
    for (const mapping of readProcessMaps(this.#procPath, pid) ?? []) {
      if (!mapping.path.startsWith('/')) continue;
      const file = `${mapping.file} ${mapping.path}`;
      if (this.#knownFiles.has(file)) continue;
      forgetFirst(this.#knownFiles);
      this.#knownFiles.add(file);
      this.#remember(pid, mapping);
    }
  }

  #remember(pid: number, { start, end, path }: Mapping): void {
    // The very file that is mapped, wherever the process has its root, and even when it is deleted.
    const buildId = readBuildId(`${this.#procPath}/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`);
    if (buildId === undefined) return;
    forgetFirst(this.#names);
    this.#names.set(buildId, basename(path));
  }
}

/** Makes room for one more. */
function forgetFirst(remembered: Set<string> | Map<string, string>): void {
  if (remembered.size >= rememberedFiles) remembered.delete(remembered.keys().next().value!);
}
