import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** An event as JSON gives it: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the gadget's
export type Event = any;

export interface GadgetRunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status, or -1 when it was killed by a signal. */
  readonly status: number;
  /** Lines of stdout that are JSON; a line with an array gives its elements. */
  readonly events: readonly Event[];
}

export interface RunGadgetOptions {
  /** What causes the events: called when the gadget says that it is attached. When it is done the gadget is stopped. */
  readonly during?: () => Promise<void> | void;
  /** Ends the run all the same. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts it, a command that becomes the one behind it: `setpriv …`. */
  readonly through?: readonly string[];
  /** Ended as soon as the events so far satisfy this, and at once after `during` when there is none. */
  readonly until?: (events: readonly Event[]) => boolean;
}

/** Ends a run that does not come to its end, well before the test itself is given up. */
const runTimeoutMs = 50_000;

/** Says on stderr that events flow. */
const readyPattern = /attached/;

/** `gadget …` as a user runs it: the bundle in its own process. Not given a `during`, it runs to its own end. */
export async function runGadget(args: readonly string[], options: RunGadgetOptions = {}): Promise<GadgetRunResult> {
  const [command, ...rest] = [...(options.through ?? []), process.execPath, resolve(root, 'dist/gadget.js'), ...args];
  const child = spawn(command!, rest, {
    env: { ...process.env, ...options.env, GADGET_READY: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const ended = new Promise<number>((done) => child.on('close', (status) => done(status ?? -1)));
  const killer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? runTimeoutMs);
  const ready = new Promise<void>((done) => {
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (readyPattern.test(stderr)) done();
    });
  });
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  if (options.during !== undefined) {
    await Promise.race([ready, ended]);
    await options.during();
    await waitFor(() => child.exitCode !== null || (options.until?.(parseEvents(stdout)) ?? true), options.timeoutMs ?? runTimeoutMs);
    // The consumer drains every few milliseconds; give the last events one round.
    await new Promise((done) => setTimeout(done, 50));
    child.kill('SIGINT');
  }
  const status = await ended;
  clearTimeout(killer);
  return { stdout, stderr, status, events: parseEvents(stdout) };
}

function parseEvents(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') || line.startsWith('['))
    .flatMap((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return []; // a line that is not whole yet
      }
    });
}

async function waitFor(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition() && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
}
