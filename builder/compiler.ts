import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { GadgetError } from '../runtime/base/errors.ts';
import clangNames from './clang-names.json' with { type: 'json' };

/** clang, ready to be called. */
export interface Compiler {
  readonly path: string;
  /** As it says: `19.1.7`. */
  readonly version: string;
}

/**
 * Before 15 clang lacks `bpf_core_type_matches`, which headers use. Names are tried in their order; 19 first, since images of one compiler
 * have one digest. Set-up reads the same file.
 */
const { oldestMajor, names } = clangNames;
const versionTimeoutMs = 10_000;

const run = promisify(execFile);

export interface CompilerOptions {
  /** Path or name of clang; wins over the variable CLANG. */
  readonly clang?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Finds a clang that can compile gadgets. Throws COMPILER_MISSING with how to get one. */
export async function findCompiler(options: CompilerOptions = {}): Promise<Compiler> {
  const env = options.env ?? process.env;
  const wanted = options.clang ?? (env['CLANG'] || undefined);
  for (const name of wanted === undefined ? names : [wanted]) {
    const path = await find(name, env['PATH'] ?? '');
    if (path === undefined) continue;
    const version = await versionOf(path);
    if (Number.parseInt(version, 10) >= oldestMajor) return { path, version };
    if (wanted !== undefined) throw missing(`${wanted} is version ${version || 'unknown'}; ${oldestMajor} or newer is needed`);
  }
  throw missing(wanted === undefined ? `there is no clang of version ${oldestMajor} or newer in PATH` : `there is no compiler ${wanted}`);
}

function missing(problem: string): GadgetError {
  return new GadgetError('COMPILER_MISSING', `no compiler for eBPF: ${problem}`, {
    hint: 'on Debian and Ubuntu: apt install clang-19; or name one with --clang or CLANG',
  });
}

async function find(name: string, path: string): Promise<string | undefined> {
  if (name.includes('/')) return (await isExecutable(name)) ? name : undefined;
  for (const folder of path.split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // not there, or not for us: the next candidate
  }
}

/** Empty when it is no clang. */
async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: versionTimeoutMs, maxBuffer: 64 * 1024 });
    return /clang version (\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1] ?? '';
  } catch {
    return ''; // it cannot even tell its version: of no use
  }
}
