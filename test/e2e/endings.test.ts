import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { accountedFor, countLines, countsIn, Flood, type FloodRun } from '../support/flood.ts';

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

describeAsRoot('every record is accounted for', () => {
  let flood: Flood;
  beforeAll(() => {
    flood = new Flood();
  });
  afterAll(() => flood.close());

  /** Runs beside a load of some 20,000 records a second until `end` has ended it; the reader sees everything. */
  async function runTo(end: (run: FloodRun) => unknown, ...args: readonly string[]) {
    const load = flood.load(2500);
    const pipe = flood.pipe();
    const run = flood.run(['--load', String(load.pid), '--burst', '8', '-o', 'json', ...args], pipe.writeEnd);
    closeSync(pipe.writeEnd);
    const read = countLines(pipe.readEnd);
    await run.ready;
    load.go();
    await end(run);
    const status = await run.ended;
    load.stop();
    return { status, counts: countsIn(run.stderr()), submitted: flood.submitted(), ...(await read) };
  }

  const after = (ms: number, signal: NodeJS.Signals) => (run: FloodRun) => sleep(ms).then(() => run.child.kill(signal));

  it.each([
    ['Ctrl-C', after(400, 'SIGINT'), []],
    ['SIGTERM', after(400, 'SIGTERM'), []],
    ['--timeout', () => {}, ['--timeout', '500ms']],
    ['-n', () => {}, ['-n', '2345']],
    ['-n with a filter', () => {}, ['-n', '2345', '--filter', 'kind==3']],
  ] as const)('when %s ends the run', async (_name, end, args) => {
    const { status, counts, submitted, lines, rest } = await runTo(end, ...args);
    expect(status).toBe(0);
    expect(counts.delivered).toBeGreaterThan(1000);
    expect({ accountedFor: accountedFor(counts), lines, rest }).toEqual({ accountedFor: submitted, lines: counts.delivered, rest: '' });
    if (args[0] === '-n') expect(counts.delivered).toBe(2345);
    if (args.length > 2) expect(counts.filtered).toBeGreaterThan(5000);
    expect(counts.own).toBeGreaterThan(0);
  });

  it('when the reader has had enough', async () => {
    const load = flood.load(2500);
    const pipe = flood.pipe();
    const run = flood.run(['--load', String(load.pid), '--burst', '8', '-o', 'json'], pipe.writeEnd);
    const head = spawn('head', ['-n', '3'], { stdio: [pipe.readEnd, 'pipe', 'inherit'] });
    closeSync(pipe.readEnd);
    closeSync(pipe.writeEnd);
    let text = '';
    head.stdout!.on('data', (data) => {
      text += data;
    });
    await run.ready;
    load.go();
    await once(head, 'close');
    expect(await run.ended).toBe(0);
    load.stop();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => typeof JSON.parse(line).number),
    ).toEqual(['number', 'number', 'number']);
    const counts = countsIn(run.stderr());
    expect(counts.delivered).toBeGreaterThanOrEqual(3);
    expect(accountedFor(counts)).toBe(flood.submitted());
  });

  it('when the reader leaves and nothing happens any more', async () => {
    const pipe = flood.pipe();
    const run = flood.run(['--filter', 'kind==3', '-o', 'json'], pipe.writeEnd);
    closeSync(pipe.writeEnd);
    await run.ready;
    closeSync(pipe.readEnd);
    expect(await run.ended).toBe(0);
    expect(accountedFor(countsIn(run.stderr()))).toBe(flood.submitted());
  });

  it.each([
    ['ring buffer', false],
    ['perf buffers', true],
  ])('when nobody reads what comes through %s', async (_name, perfBuffer) => {
    const built = new Flood({ perfBuffer });
    const load = built.load(2500);
    const pipe = built.pipe();
    const run = built.run(['--load', String(load.pid), '--burst', '8', '-o', 'json', '--buffer-size', '64KB'], pipe.writeEnd);
    closeSync(pipe.writeEnd);
    await run.ready;
    load.go();
    await sleep(1500);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    load.stop();
    const counts = countsIn(run.stderr());
    const { lines } = await countLines(pipe.readEnd);
    const expected = { accountedFor: built.submitted(), delivered: lines };
    built.close();
    expect({ accountedFor: accountedFor(counts), delivered: counts.delivered }).toEqual(expected);
    expect(counts.untaken).toBeGreaterThan(0);
    expect(run.stderr()).toMatch(/^warning: flood: lost \d+ events/m);
  });
});
