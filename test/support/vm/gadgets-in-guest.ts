import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bootAndRun, checkoutInGuest } from './boot.ts';
import type { GuestKernel } from './kernel-package.ts';

const root = resolve(import.meta.dirname, '../../..');
const gadget = join(root, 'dist/gadget.js');

/** An event as JSON gives it: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the gadget's
export type Event = any;

/** One run of a gadget in the guest. */
export interface GuestCase {
  /** Arguments of `gadget`. */
  readonly args: readonly string[];
  /** Shell command that causes events, once attached; without it the gadget runs to its own end. */
  readonly trigger?: string;
  /** Regular expression: what was printed when the gadget can be stopped. Without it a second after the trigger's end. */
  readonly until?: string;
}

export interface GuestCaseResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly events: readonly Event[];
}

/** Images of gadgets, built once for every guest of a test file. */
export class GuestImages {
  readonly store = mkdtempSync(join(tmpdir(), 'gadget-vm-store-'));

  /** `gadgets`: name → folder in the checkout. */
  constructor(gadgets: Readonly<Record<string, string>>) {
    for (const [name, folder] of Object.entries(gadgets)) {
      execFileSync(process.execPath, [gadget, 'build', join(root, folder), '-t', name], {
        env: { ...process.env, GADGET_STORE: this.store },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    }
  }

  dispose(): void {
    rmSync(this.store, { recursive: true, force: true });
  }
}

export interface GuestRunOptions {
  readonly images: GuestImages;
  readonly cases: Readonly<Record<string, GuestCase>>;
  /** Puts more files where the guest sees `/tmp/job`. */
  readonly prepare?: (share: string) => Promise<void> | void;
}

/** Boots the kernel and runs every case there, one after the other. */
export async function runInGuest(kernel: GuestKernel, options: GuestRunOptions): Promise<Map<string, GuestCaseResult>> {
  const guest = await bootAndRun(kernel, {
    script: `cd /tmp && exec ${process.execPath} ${checkoutInGuest}/test/support/vm/guest-cases.mjs /tmp/job ${checkoutInGuest}/dist/gadget.js`,
    timeoutMs: 500_000,
    prepare: async (share) => {
      cpSync(options.images.store, join(share, 'store'), { recursive: true });
      writeFileSync(join(share, 'cases.json'), JSON.stringify(options.cases));
      await options.prepare?.(share);
    },
  });
  try {
    const text = guest.file('results.json');
    if (text === '')
      throw new Error(`the guest wrote no results (status ${guest.status}):\n${guest.stderr}\n${guest.console.slice(-2000)}`);
    return new Map(Object.entries(JSON.parse(text) as Record<string, GuestCaseResult>).map(([name, result]) => [name, withEvents(result)]));
  } finally {
    guest.dispose();
  }
}

function withEvents(result: Omit<GuestCaseResult, 'events'>): GuestCaseResult {
  const lines = result.stdout.split('\n').filter((line) => /^[{[]/.test(line));
  return { ...result, events: lines.flatMap(parseLine) };
}

/** A run that had to be killed may have written half a line. */
function parseLine(line: string): Event[] {
  try {
    return [JSON.parse(line)].flat();
  } catch {
    return [];
  }
}
