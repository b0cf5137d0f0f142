import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// Set-up is plain JavaScript: it runs before there is anything that reads TypeScript.
const { Progress } = await import(new URL('../../builder/setup/progress.mjs', import.meta.url).href);

beforeEach(() => {
  vi.stubEnv('TERM', 'xterm');
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const sleep = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

/** What is written when one step of 2.2 s and one of 1.1 s, begun half a second later, run side by side. */
async function written(stream: { isTTY?: boolean; columns?: number }): Promise<string> {
  let text = '';
  const progress = new Progress({ ...stream, write: (part: string) => (text += part) });
  const npm = progress.step('npm', () => sleep(2.2));
  const addon = sleep(0.5).then(() => progress.step('the addon', () => sleep(1.1)));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all([npm, addon]);
  return text;
}

test('a file or pipe gets a line for each start and end', async () => {
  expect(await written({})).toBe('… npm\n… the addon\n✓ the addon (1.1 s)\n✓ npm (2.2 s)\n');
});

const drawn = (text: string) => text.split('\r\x1b[K').slice(1);

test('a terminal gets one line of what runs, below what is done, and nothing once all is', async () => {
  expect(drawn(await written({ isTTY: true, columns: 80 }))).toEqual([
    '… npm (0 s)',
    '… npm · the addon (0 s)',
    '… npm · the addon (1 s)',
    '✓ the addon (1.1 s)\n',
    '… npm (1 s)',
    '… npm (2 s)',
    '✓ npm (2.2 s)\n',
  ]);
});

test('the line is cut before it wraps', async () => {
  const lines = drawn(await written({ isTTY: true, columns: 20 })).filter((line) => line.startsWith('…'));
  expect(lines).toContain('… npm · the… (1 s)');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(20);
});

test('a step that fails ends with a cross, and its error', async () => {
  let text = '';
  const progress = new Progress({ write: (part: string) => (text += part) });
  await expect(progress.step('npm', () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  expect(text).toBe('… npm\n✗ npm\n');
});
