import { type ChildProcess, spawn } from 'node:child_process';
import { constants as access, accessSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { UsageError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';

/** Says that it is there, waits for a line, and becomes the command: same process, so its id is known before it begins. */
const gate = 'echo >&3; read -r _ <&3 || exit; exec "$@" 3<&-';

/** How long a command that was told to end is waited for. Milliseconds; Ctrl-C has to be answered within 200. */
const stopPatienceMs = 50;

/** How a command ended. */
export interface CommandEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command that a run traces: started, but held back until the gadget is attached. It has our stdin, stdout and stderr. */
export class TracedCommand {
  readonly pid: number;
  /** Resolved when the command has ended. */
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;
  readonly #gate: Duplex;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#gate = child.stdio[3] as Duplex;
    this.pid = child.pid!;
    this.ended = new Promise((resolve) => child.on('exit', (status, signal) => resolve({ status, signal })));
    // It is gone before it was let go: `ended` tells.
    this.#gate.on('error', () => {});
  }

  /** Starts the process that becomes the command. Errors: USAGE when there is no shell to hold it back. */
  static async start(words: readonly string[]): Promise<TracedCommand> {
    const child = spawn('/bin/sh', ['-c', gate, 'gadget', ...words], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject)).catch((cause) => {
      throw new UsageError('USAGE', 'the command cannot be started', { cause });
    });
    const command = new TracedCommand(child);
    await Promise.race([new Promise((resolve) => command.#gate.once('data', resolve)), command.ended]);
    return command;
  }

  /** Lets the command begin. */
  release(): void {
    this.#gate.end('\n');
  }

  /** Asks it to end, if it runs still; resolved when it has, or after a short while. */
  async stop(): Promise<void> {
    this.#gate.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, stopPatienceMs);
    });
    await Promise.race([this.ended, patience]);
    clearTimeout(timer);
    this.#child.unref();
  }
}

/** Before anything is loaded: whether the first word can be run. Errors: USAGE. */
export function checkCommand([name]: readonly string[], path: string): void {
  const hint = 'gadget run IMAGE -- command [arguments]';
  if (name === undefined) throw new UsageError('USAGE', 'no command stands after --', { hint });
  const found = name.includes('/') ? isProgram(name) : path.split(delimiter).some((folder) => isProgram(join(folder || '.', name)));
  if (found) return;
  const where = name.includes('/') ? '' : ' in PATH';
  throw new UsageError('USAGE', `there is no program "${safeText(name)}"${where} to run and trace`, { hint });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, access.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}

/** The exit status of a shell for a command that ended so. */
export function statusOf({ status, signal }: CommandEnd): number {
  return signal === null ? (status ?? 0) : 128 + constants.signals[signal];
}

/** What stderr says of a command that did not end well; empty for one that did. Ends in a newline. */
export function renderCommandEnd({ status, signal }: CommandEnd): string {
  if (signal !== null) return `command: ended by ${signal}\n`;
  return status === 0 ? '' : `command: ended with status ${status}\n`;
}
