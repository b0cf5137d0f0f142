import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
}

export interface GuestCaseResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly events: readonly Event[];
}

/** Builds gadgets on the host, boots the kernel, and runs every case there. `gadgets`: name → folder. */
export async function runInGuest(
  kernel: GuestKernel,
  gadgets: Readonly<Record<string, string>>,
  cases: Readonly<Record<string, GuestCase>>,
): Promise<Map<string, GuestCaseResult>> {
  const guest = await bootAndRun(kernel, {
    script: `cd /tmp && exec ${process.execPath} ${checkoutInGuest}/test/support/vm/guest-cases.mjs /tmp/job ${checkoutInGuest}/dist/gadget.js`,
    timeoutMs: 400_000,
    prepare: (share) => {
      for (const [name, folder] of Object.entries(gadgets)) {
        execFileSync(process.execPath, [gadget, 'build', join(root, folder), '-t', name], {
          env: { ...process.env, GADGET_STORE: join(share, 'store') },
        });
      }
      writeFileSync(join(share, 'cases.json'), JSON.stringify(cases));
    },
  });
  try {
    const text = guest.file('results.json');
    if (text === '')
      throw new Error(`the guest wrote no results (status ${guest.status}):\n${guest.stderr}\n${guest.console.slice(-2000)}`);
    return new Map(
      Object.entries(JSON.parse(text) as Record<string, Omit<GuestCaseResult, 'events'>>).map(([name, result]) => [
        name,
        {
          ...result,
          events: result.stdout
            .split('\n')
            .filter((line) => /^[{[]/.test(line))
            .flatMap((line) => JSON.parse(line)),
        },
      ]),
    );
  } finally {
    guest.dispose();
  }
}
