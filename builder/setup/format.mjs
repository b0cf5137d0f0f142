import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { runCommand } from './run-command.mjs';
import { root } from './setup.mjs';

const biome = join(root, 'node_modules', '@biomejs', `cli-linux-${process.arch}`, 'biome');

/** The kernel's types are generated: nobody reads or edits them. */
const handwritten = ['*.c', '*.h', '*.cc', ':!gadgets/include/vmlinux'];

/** `npm run format` brings every file into style; with `--check` it changes nothing, and fails when one is not. */
async function main() {
  const check = process.argv.includes('--check');
  const statuses = [
    await run(biome, check ? ['ci', '--error-on-warnings', '--diagnostic-level=warn', '.'] : ['check', '--write', '.']),
    await formatC(check ? ['--dry-run', '-Werror'] : ['-i']),
  ];
  process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
}

/** The exit status of clang-format. An archive of the sources has no list of files: its C is left alone, and that is said. */
async function formatC(options) {
  if (existsSync(join(root, '.git'))) return run('clang-format-19', [...options, ...(await trackedC())]);
  process.stderr.write('not a git checkout: C and C++ are left out\n');
  return 0;
}

/** C and C++ that git tracks. It may be another user's checkout: git is told that this is fine. */
async function trackedC() {
  const listed = await runCommand('git', ['-c', `safe.directory=${root}`, 'ls-files', '-z', '--', ...handwritten], { cwd: root });
  const files = listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  if (files.length === 0) throw new SetupError('git tracks no C here: nothing to check'); // clang-format without names reads stdin
  return files;
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => reject(new SetupError(`cannot start ${command}: ${error.message}`)));
    child.on('close', (status) => resolve(status ?? 1));
  });
}

main().catch((error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = error.exitStatus ?? 1;
});
