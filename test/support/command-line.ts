import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const bundle = resolve(import.meta.dirname, '../../dist/gadget.js');

export interface CommandResult {
  /** Exit status, or -1 when it was killed by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** A command that runs the command: `unshare -n`. */
  readonly under?: readonly string[];
}

/** `gadget …` as one user of a machine runs it, with a home, a store and trust of its own. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'gadget-cli-'));
  readonly env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: this.folder,
    GADGET_STORE: join(this.folder, 'store'),
    GADGET_TRUST: join(this.folder, 'trust.json'),
    GADGET_CONFIG: '/dev/null',
    COSIGN_PASSWORD: 'password',
  };

  /** The path of a file in the home. */
  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Runs `gadget` to its end, whatever that is. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await this.exec([...(options.under ?? []), process.execPath, bundle, ...args], options);
  }

  /** Runs `gadget` and returns what it printed. Throws when it fails. */
  async gadget(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(args);
    if (status !== 0) throw new Error(`gadget ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Runs another program in the same home. */
  async exec(words: readonly string[], { env, input }: CommandOptions = {}): Promise<CommandResult> {
    const child = spawn(words[0]!, words.slice(1), { cwd: this.folder, env: { ...this.env, ...env }, timeout: 60_000 });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const [stdout, stderr, status] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number>((done, fail) => child.once('error', fail).once('close', (code) => done(code ?? -1))),
    ]);
    return { status, stdout, stderr };
  }

  /** Runs another program and returns what it printed. Throws when it fails. */
  async tool(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.exec(words);
    if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
