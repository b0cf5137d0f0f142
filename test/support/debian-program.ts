import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import { DebianSuite } from './vm/debian-suite.ts';

const exec = promisify(execFile);

/** The first suite of Debian with the package of that name; its program runs on older ones. */
const suites = { cosign: 'trixie', oras: 'trixie', crane: 'sid' } as const;

/** Packages are kept unpacked between runs, 10 to 100 MB each; a removed folder is fetched anew. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gadget-test-tools');

/**
 * The path of a program that this system's Debian may be too old for: the installed one, or else that of a newer suite's package, fetched with
 * apt the first time (a minute). Undefined, with a line on stderr, when it cannot be had.
 */
export async function debianProgram(name: keyof typeof suites): Promise<string | undefined> {
  const installed = findProgram(name);
  if (installed !== undefined) return installed;
  const path = join(cache, name, 'usr/bin', name);
  if (existsSync(path)) return path;
  try {
    await fetchPackage(name);
    return path;
  } catch (error) {
    process.stderr.write(`tests with ${name} are skipped: ${(error as Error).message}\n`);
    return undefined;
  }
}

async function fetchPackage(name: keyof typeof suites): Promise<void> {
  const root = join(cache, name);
  const work = `${root}.${process.pid}`;
  try {
    const suite = await DebianSuite.open(suites[name], work);
    const unpacked = join(work, 'root');
    mkdirSync(unpacked);
    for (const file of await suite.download([name])) await exec('dpkg-deb', ['-x', file, unpacked]);
    renameSync(unpacked, root);
  } catch (error) {
    if (!existsSync(root)) throw error; // else another run was quicker
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
