import { closeSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { accountedFor, countLines, countsIn, Flood, type FloodRun, residentKiB } from '../support/flood.ts';

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Milliseconds within which Ctrl-C has to be answered: in the median of so many runs, for a single one may have to wait for a machine that is busy. */
const answerMs = 200;
const answers = 5;

describeAsRoot('under several times the rate that can be drained', () => {
  let flood: Flood;
  let load: ReturnType<Flood['load']>;
  beforeAll(() => {
    flood = new Flood();
  });
  beforeEach(() => {
    load = flood.load();
  });
  afterEach(() => load.stop());
  afterAll(() => flood.close());

  /** Ends a run as Ctrl-C does; how long that took. */
  async function interrupt(run: FloodRun): Promise<number> {
    const start = performance.now();
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    return performance.now() - start;
  }

  /** A run that writes to a pipe; one whose stderr is the same pipe cannot say when it is attached. */
  function startOn(format: string, { shared = false } = {}) {
    const { readEnd, writeEnd } = flood.pipe();
    const args = ['--load', String(load.pid), '--burst', '16', '--buffer-size', '256KB', '-o', format];
    const run = flood.run(args, writeEnd, shared ? writeEnd : 'pipe');
    closeSync(writeEnd);
    return { run, readEnd };
  }

  async function start(format: string) {
    const started = startOn(format);
    await started.run.ready;
    load.go();
    return started;
  }

  it.each([['json'], ['columns'], ['none']])('-o %s: bounded memory, exact counts, the loss shown as it happens', async (format) => {
    const { run, readEnd } = await start(format);
    const read = countLines(readEnd);
    await sleep(1500);
    const early = residentKiB(run.pid);
    await sleep(1800);
    const late = residentKiB(run.pid);
    const warnings = [...run.stderr().matchAll(/^warning: flood: lost (\d+) events/gm)].map((match) => Number(match[1]));
    await interrupt(run);
    const { lines } = await read;
    const counts = countsIn(run.stderr());
    expect(accountedFor(counts)).toBe(flood.submitted());
    if (format !== 'none') expect(lines - (format === 'columns' ? 1 : 0)).toBe(counts.delivered);
    expect(counts.lost).toBeGreaterThan(counts.delivered);
    expect(warnings.length).toBeGreaterThanOrEqual(2);
    expect(warnings.length).toBeLessThanOrEqual(4);
    expect(Math.min(...warnings)).toBeGreaterThan(0);
    expect(late).toBeLessThan(150 * 1024);
    expect(late - early).toBeLessThan(8 * 1024);
  });

  it('a pipe that nobody reads costs loss, never memory', async () => {
    const { run, readEnd } = await start('json');
    await sleep(800);
    const early = residentKiB(run.pid);
    await sleep(1500);
    const late = residentKiB(run.pid);
    await interrupt(run);
    const { lines } = await countLines(readEnd);
    const counts = countsIn(run.stderr());
    expect({ accountedFor: accountedFor(counts), lines }).toEqual({ accountedFor: flood.submitted(), lines: counts.delivered });
    expect(late).toBeLessThan(150 * 1024);
    expect(late - early).toBeLessThan(4 * 1024);
  });

  it('a pipe that nobody reads and that stderr shares holds nothing up', async () => {
    const { run, readEnd } = startOn('json', { shared: true });
    load.go();
    // Long enough for warnings of loss.
    await sleep(3000);
    await interrupt(run);
    closeSync(readEnd);
    expect(flood.submitted()).toBeGreaterThan(1_000_000);
  });

  it.each([
    { to: 'a reader', format: 'json', isRead: true },
    { to: 'a reader', format: 'columns', isRead: true },
    { to: 'a pipe that nobody reads', format: 'json' },
    { to: 'a pipe that nobody reads and that stderr shares', format: 'json', shared: true },
  ])('-o $format to $to: Ctrl-C is answered within 200 ms', async ({ format, isRead = false, shared = false }) => {
    load.go();
    const times: number[] = [];
    for (let index = 0; index < answers; index++) {
      const { run, readEnd } = startOn(format, { shared });
      const read = isRead ? countLines(readEnd) : undefined;
      await (shared ? sleep(1000) : run.ready);
      await sleep(500);
      times.push(await interrupt(run));
      expect(flood.submitted()).toBeGreaterThan(100_000);
      if (read === undefined) closeSync(readEnd);
      await read;
    }
    expect(median(times), `ms: ${times.map(Math.round)}`).toBeLessThan(answerMs);
  });
});

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
