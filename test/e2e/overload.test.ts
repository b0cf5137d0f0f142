import { closeSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { accountedFor, countLines, countsIn, Flood, type FloodRun, residentKiB } from '../support/flood.ts';

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Milliseconds within which Ctrl-C has to be answered, and what a machine may take that does other things beside the test. */
const answerMs = 200;
const busyMs = 200;

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

  async function start(...args: readonly string[]) {
    const pipe = flood.pipe();
    const run = flood.run(['--load', String(load.pid), '--burst', '16', '--buffer-size', '256KB', ...args], pipe.writeEnd);
    closeSync(pipe.writeEnd);
    await run.ready;
    load.go();
    return { run, readEnd: pipe.readEnd };
  }

  it.each([['json'], ['columns'], ['none']])('-o %s: bounded memory, exact counts, the loss shown as it happens', async (format) => {
    const { run, readEnd } = await start('-o', format);
    const read = countLines(readEnd);
    await sleep(1500);
    const early = residentKiB(run.pid);
    await sleep(1800);
    const late = residentKiB(run.pid);
    const warnings = [...run.stderr().matchAll(/^warning: flood: lost (\d+) events/gm)].map((match) => Number(match[1]));
    const took = await interrupt(run);
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
    expect(took).toBeLessThan(answerMs + busyMs);
  });

  it('a pipe that nobody reads costs loss, never memory', async () => {
    const { run, readEnd } = await start('-o', 'json');
    await sleep(800);
    const early = residentKiB(run.pid);
    await sleep(1500);
    const late = residentKiB(run.pid);
    const took = await interrupt(run);
    const { lines } = await countLines(readEnd);
    const counts = countsIn(run.stderr());
    expect({ accountedFor: accountedFor(counts), lines }).toEqual({ accountedFor: flood.submitted(), lines: counts.delivered });
    expect(late).toBeLessThan(150 * 1024);
    expect(late - early).toBeLessThan(4 * 1024);
    expect(took).toBeLessThan(answerMs + busyMs);
  });

  it('a pipe that nobody reads and that stderr shares holds nothing up', async () => {
    const { readEnd, writeEnd } = flood.pipe();
    const run = flood.run(['--load', String(load.pid), '--burst', '16', '--buffer-size', '256KB', '-o', 'json'], writeEnd, writeEnd);
    closeSync(writeEnd);
    load.go();
    // Long enough for warnings of loss.
    await sleep(3000);
    expect(await interrupt(run)).toBeLessThan(answerMs + busyMs);
    closeSync(readEnd);
    expect(flood.submitted()).toBeGreaterThan(1_000_000);
  });
});
