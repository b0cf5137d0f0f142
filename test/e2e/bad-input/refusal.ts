import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { type Change, mark, sampleFiles } from './sample.ts';

const bundle = resolve(import.meta.dirname, '../../../dist/gadget.js');
/** A command that does not end by itself has not refused anything. */
const deadlineMs = 15_000;

/** What a command said, with the marks of this test taken out. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with gadgets and a store of its own, in which commands are run. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'gadget-bad-input-'));

  /** Writes a gadget that differs from one that works, in place of an earlier one of that name. */
  gadget(name: string, change: Change): void {
    rmSync(join(this.folder, name), { recursive: true, force: true });
    for (const [file, text] of Object.entries(sampleFiles(change))) if (text !== undefined) this.file(`${name}/${file}`, text);
    mkdirSync(join(this.folder, name), { recursive: true });
  }

  file(path: string, text: string | Uint8Array): void {
    mkdirSync(join(this.folder, path, '..'), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** `gadget …` in this folder; `through` is a command that starts it. */
  async run(
    words: readonly string[],
    options: { env?: Readonly<Record<string, string | undefined>>; through?: readonly string[] } = {},
  ): Promise<Answer> {
    const [program = '', ...rest] = [...(options.through ?? []), process.execPath, bundle, ...words];
    const env = { ...process.env, GADGET_STORE: join(this.folder, 'store'), ...options.env };
    const child = spawn(program, rest, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const killer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    const [status] = await once(child, 'close');
    clearTimeout(killer);
    return { status, stdout: this.#plain(stdout), stderr: this.#plain(stderr) };
  }

  #plain(text: string): string {
    return text.replaceAll(this.folder, '.').replaceAll(`${mark}_`, 'on_');
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Resolves when the kernel holds no program and no map of this test: it frees them a moment after the last user is gone. */
export async function nothingStays(): Promise<void> {
  await expect.poll(loaded, { timeout: 3000 }).toEqual([]);
}

function loaded(): string[] {
  return ['prog', 'map'].flatMap((kind) =>
    (JSON.parse(execFileSync('bpftool', ['-j', kind, 'show']).toString()) as { name?: string }[])
      .map(({ name = '' }) => name)
      .filter((name) => name.startsWith(mark)),
  );
}
