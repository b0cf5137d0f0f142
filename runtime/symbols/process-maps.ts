import { readFileSync } from 'node:fs';

/** A file mapped into a process, from a line of /proc/<pid>/maps (proc(5)). */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes from the start of the file to the start of the mapping. */
  readonly fileOffset: bigint;
  readonly path: string;
  /** Device and inode, which tell files of one path apart. */
  readonly file: string;
}

/** Where an address of a process lies: the file and the bytes from its start. */
export interface ModuleOffset {
  readonly path: string;
  readonly offset: bigint;
}

/** The executable mappings of a process, from the text of its maps file. */
export function parseProcessMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) (\S+ \d+)\s+(\S.*)$/.exec(line);
    if (match === null) continue;
    const [, start, end, offset, file, path] = match;
    const [startAddress, endAddress, fileOffset] = [BigInt(`0x${start}`), BigInt(`0x${end}`), BigInt(`0x${offset}`)];
    mappings.push({ start: startAddress, end: endAddress, fileOffset, path: path!, file: file! });
  }
  return mappings;
}

/** The executable mappings of a process; undefined when it has ended, or they are refused. */
export function readProcessMaps(procPath: string, pid: number): Mapping[] | undefined {
  try {
    return parseProcessMaps(readFileSync(`${procPath}/${pid}/maps`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Processes whose mappings are remembered; a profile asks for the same few again and again. */
const rememberedProcesses = 256;
/** Mappings change when a process loads a library: they are read again after this many milliseconds. */
const freshMs = 1000;

/** Looks addresses of running processes up. A process that is gone gives undefined. */
export class ProcessMaps {
  readonly #procPath: string;
  readonly #remembered = new Map<number, { mappings: readonly Mapping[]; readAtMs: number }>();

  constructor(procPath = '/proc') {
    this.#procPath = procPath;
  }

  locate(pid: number, address: bigint): ModuleOffset | undefined {
    const mapping = this.#mappingsOf(pid).find(({ start, end }) => address >= start && address < end);
    return mapping === undefined ? undefined : { path: mapping.path, offset: address - mapping.start + mapping.fileOffset };
  }

  #mappingsOf(pid: number): readonly Mapping[] {
    const known = this.#remembered.get(pid);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.readAtMs < freshMs) return known.mappings;
    const mappings = readProcessMaps(this.#procPath, pid) ?? known?.mappings ?? [];
    if (this.#remembered.size >= rememberedProcesses) this.#remembered.delete(this.#remembered.keys().next().value!);
    this.#remembered.set(pid, { mappings, readAtMs: nowMs });
    return mappings;
  }
}
