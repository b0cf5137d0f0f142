import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { root, setUp } from './setup.mjs';

/** `npm run bench [-- NAME...]`: set up, then run the benchmarks named, or all of them. */
async function main() {
  await setUp('bench');
  const child = spawn(process.execPath, [join(root, 'bench', 'run.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the whole group: the child ends by itself, and its status is ours.
  process.on('SIGINT', () => {});
  child.on('exit', (status) => {
    process.exitCode = status ?? 130;
  });
}

main().catch((error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = error.exitStatus ?? 1;
});
