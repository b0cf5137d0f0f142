import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The command that runs the product, without npm or a shell before it. */
export const gadget = (...args) => [process.execPath, join(root, 'dist', 'gadget.js'), ...args];

/** Compiles the C programs of the benchmarks into a folder of their own; `remove` takes it away. */
export function makeToolbox() {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-bench-'));
  const compile = (name, source, libraries = []) => {
    const program = join(folder, name);
    execFileSync('cc', ['-O2', '-Wall', '-o', program, join(root, 'bench', source), ...libraries], { stdio: 'inherit' });
    return program;
  };
  return {
    folder,
    load: compile('load', 'support/load.c'),
    pinned: compile('pinned', 'support/pinned.c'),
    measured: compile('measured', 'support/measured.c'),
    consumer: compile('consumer', 'event-path/consumer.c', ['-lbpf']),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
