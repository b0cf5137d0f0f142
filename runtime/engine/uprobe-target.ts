import { readdirSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { suggestion } from '../base/closest-name.ts';
import { GadgetSpecError } from '../base/errors.ts';
import type { Elf } from '../elf/elf.ts';
import { parseElf } from '../elf/parse.ts';
import { KernelError } from '../kernel/errors.ts';

/** Largest file that is searched for a symbol. */
const fileBytesMax = 512 * 1024 * 1024;
/** Folders in which a library named without a path is looked for. */
const libraryFolders = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];

export interface UprobeTarget {
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: bigint;
}

/** Offsets in a file of what its symbols name. */
export type SymbolReader = (path: string) => ReadonlyMap<string, bigint>;

/** Reads each file once, for many symbols of few files. */
export function symbolsOnce(): SymbolReader {
  const known = new Map<string, ReadonlyMap<string, bigint>>();
  return (path) => {
    const symbols = known.get(path) ?? readSymbols(path);
    known.set(path, symbols);
    return symbols;
  };
}

/**
 * Where `<file>:<symbol>` or `<file>:<symbol>+<bytes>` of a uprobe section is on this host: an absolute path, or a library's bare name (`libc`).
 * Errors: SPEC_INVALID for a malformed target, ATTACH_TARGET_MISSING for a file or symbol that is not there.
 */
export function resolveUprobe(target: string, symbols: SymbolReader = readSymbols): UprobeTarget {
  const colon = target.lastIndexOf(':');
  if (colon <= 0 || colon === target.length - 1)
    throw new GadgetSpecError('SPEC_INVALID', `uprobe target "${target}" is not <file>:<symbol>`);
  const file = target.slice(0, colon);
  const [, symbol = '', distance = '0'] = /^(.+?)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(target.slice(colon + 1))!;
  const path = file.startsWith('/') ? file : findLibrary(file);
  const known = symbols(path);
  const start = known.get(symbol);
  if (start !== undefined) return { path, offset: start + BigInt(distance) };
  const hint = suggestion(symbol, known.keys());
  throw missing(`${path} has no symbol ${symbol}`, hint === undefined ? {} : { hint });
}

function missing(message: string, options: { cause?: unknown; hint?: string } = {}): KernelError {
  return new KernelError('ATTACH_TARGET_MISSING', message, { errno: constants.errno.ENOENT, operation: 'uprobe', ...options });
}

function findLibrary(name: string): string {
  for (const folder of libraryFolders) {
    const path = newestOf(folder, name);
    if (path !== undefined) return path;
  }
  const hint = 'name its file by an absolute path, or mark the program optional in gadget.yaml';
  throw missing(`there is no library ${name} on this machine`, { hint });
}

/** `libc` is `libc.so.6`, or else the first `libc.so…` of the folder. */
function newestOf(folder: string, name: string): string | undefined {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return undefined; // this distribution has no such folder
  }
  const found = entries.filter((entry) => entry === `${name}.so` || entry.startsWith(`${name}.so.`)).sort();
  return found[0] === undefined ? undefined : join(folder, found.find((entry) => entry !== `${name}.so`) ?? found[0]);
}

function readSymbols(path: string): Map<string, bigint> {
  const elf = parseLibrary(path);
  const symbols = new Map<string, bigint>();
  for (const table of ['static', 'dynamic'] as const) {
    for (const { name, value, section: index } of elf.symbols(table)) {
      const section = index === undefined ? undefined : elf.sections[index];
      if (section === undefined || symbols.has(name)) continue;
      // A probe's place is an offset in the file: address within its section plus where the section is stored.
      symbols.set(name, value - section.address + BigInt(section.offset));
    }
  }
  return symbols;
}

function parseLibrary(path: string): Elf {
  const bytes = readLibrary(path);
  try {
    return parseElf(bytes);
  } catch (error) {
    throw missing(`${path} is neither a program nor a library`, { cause: error });
  }
}

function readLibrary(path: string): Uint8Array {
  try {
    if (statSync(path).size > fileBytesMax) throw missing(`${path} is larger than ${fileBytesMax} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof KernelError) throw error;
    throw missing(`cannot read ${path}`, { cause: error });
  }
}
