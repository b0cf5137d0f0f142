import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { showHarmlessCommands } from './first-run.mjs';
import { SetupError } from './progress.mjs';
import { root, setUp } from './setup.mjs';

/** `npm start [-- arguments]`: set up, then run that gadget command, or the first run when none is given. */
async function main() {
  const args = process.argv.slice(2);
  await setUp('run');
  const first = args.length === 0;
  const child = spawn(process.execPath, [join(root, 'dist', 'gadget.js'), ...(first ? ['run', 'trace_exec'] : args)], { stdio: 'inherit' });
  // Ctrl-C reaches the whole group: the child ends by itself, and its status is ours.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const stopCommands = first ? showHarmlessCommands() : () => {};
  child.on('exit', (status, signal) => {
    stopCommands();
    process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

main().catch((error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = error.exitStatus ?? 1;
});
