import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFixture, missing } from '../kernel/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-native-'));
const objectPath = join(folder, 'buffers.o');
beforeAll(async () => writeFileSync(objectPath, await compileFixture('buffers')));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly lines: readonly unknown[];
  readonly stderr: string;
}

/** Runs a scenario in a process of its own; a crash or a hang is its status. */
function run(scenario: string, ...args: readonly string[]): Promise<Outcome> {
  const script = fileURLToPath(new URL(`scenarios/${scenario}.mjs`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--expose-gc', script, objectPath, ...args], { timeout: 15_000 }, (_, stdout, stderr) =>
      resolve({
        status: child.exitCode ?? -1,
        lines: stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as unknown),
        stderr,
      }),
    );
  });
}

describe.skipIf(missing.length > 0)('the addon', () => {
  it('closes in any order, twice too, and leaves no descriptor', async () => {
    // The poll thread and its two descriptors stay until the environment ends.
    expect(await run('close')).toEqual({ status: 0, lines: [{ leaked: 0, pollThreads: 1 }], stderr: '' });
  });

  it('is freed by the garbage collector when nobody closed it, and not before', async () => {
    expect(await run('garbage')).toEqual({ status: 0, lines: [{ leaked: 0, readable: true, woken: 1 }], stderr: '' });
  });

  it('frees all that a worker held, in whatever state it ended', async () => {
    const outcome = await run('worker');
    expect(outcome).toEqual({ status: 0, lines: [{ leaked: 0, pollThreads: 0, ownStillWorks: true, cpus: true }], stderr: '' });
  });

  it.each(['unarmed', 'disarmed', 'closed'])('lets the process end when %s', async (mode) => {
    expect(await run('idle', mode)).toEqual({ status: 0, lines: [{ mode }], stderr: '' });
  });

  it('keeps the process alive while armed', async () => {
    expect((await run('idle', 'armed')).lines).toEqual([{ mode: 'armed' }, { woken: 1 }]);
  });

  it('ends with the process while armed', async () => {
    expect(await run('idle', 'exit')).toEqual({ status: 0, lines: [], stderr: '' });
  });

  it('passes on what a wake-up throws', async () => {
    const outcome = await run('idle', 'throw');
    expect([outcome.status, outcome.stderr]).toEqual([1, expect.stringContaining('from the wake-up')]);
  });

  it('answers misuse with a TypeError', async () => {
    const { status, lines, stderr } = await run('misuse');
    expect([status, stderr]).toEqual([0, '']);
    const answers = lines as [string, string | number][];
    expect(answers.slice(0, -2).filter(([, answer]) => answer !== 'TypeError')).toEqual([]);
    expect(answers.slice(-2).map(([, answer]) => answer)).toEqual([1, 2]);
    expect(answers).toHaveLength(17);
  });
});
