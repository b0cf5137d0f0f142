import { spawn } from 'node:child_process';
import { SetupError } from './progress.mjs';

/** Runs a command without a shell; its output is kept and shown only when it fails. */
export function runCommand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => reject(new SetupError(`cannot start ${command}: ${error.message}`)));
    child.on('close', (status) => {
      const text = Buffer.concat(output).toString();
      if (status === 0) resolve(text);
      else
        reject(new SetupError(`${[command, ...args].join(' ')} failed with status ${status}:\n${text.split('\n').slice(-40).join('\n')}`));
    });
  });
}
