import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walkGraph } from '../../runtime/oci/graph.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';

const kills = Number(process.env['GADGET_TEST_KILLS'] ?? 60);
const writers = 3;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gadget-kill-'));
  const entry = new URL('../support/store-writer.ts', import.meta.url).pathname;
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'writer.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function startWriter(root: string, seed: number): Promise<{ child: ChildProcess; faults: () => string }> {
  const child = spawn(process.execPath, [join(folder, 'writer.mjs'), root, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let faults = '';
  child.stderr!.on('data', (text) => {
    faults += text;
  });
  await once(child.stdout!, 'data');
  return { child, faults: () => faults };
}

/** Every name has all its content, each piece with the right bytes. The number of names. */
async function checkWhole(root: string): Promise<number> {
  const store = openImageStore(root, { readOnly: true });
  const images = await store.list();
  for (const { descriptor } of images) {
    for (const part of await walkGraph(descriptor, (manifest) => store.fetch(manifest))) await store.fetch(part);
  }
  return images.length;
}

test(`writers killed at ${kills} moments leave the store whole`, { timeout: 30_000 + kills * 2_000 }, async () => {
  const root = join(folder, 'store');
  const running = await Promise.all(Array.from({ length: writers }, (_, at) => startWriter(root, at)));
  let namesSeen = 0;
  for (let round = 0; round < kills; round++) {
    await sleep((round * 37) % 120);
    const at = round % writers;
    const { child, faults } = running[at]!;
    expect({ exit: child.exitCode, faults: faults() }).toEqual({ exit: null, faults: '' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    // The others are stopped, not killed, while the store is looked at: they continue where they were.
    for (const other of running) if (other.child !== child) other.child.kill('SIGSTOP');
    namesSeen += await checkWhole(root);
    for (const other of running) if (other.child !== child) other.child.kill('SIGCONT');
    running[at] = await startWriter(root, 1000 + round);
  }
  for (const { child } of running) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(namesSeen).toBeGreaterThan(0);
  await checkWhole(root);
  const store = openImageStore(root);
  await store.prune();
  await checkWhole(root);
  expect(readdirSync(join(root, 'tmp'))).toEqual([]);
});
