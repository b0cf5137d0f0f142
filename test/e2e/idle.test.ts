import { closeSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { countsIn, Flood } from '../support/flood.ts';

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Unit of the times in /proc (USER_HZ). */
const tickMs = 10;

/** User and system time of all threads. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

describeAsRoot('an idle run', () => {
  let flood: Flood;
  beforeAll(() => {
    flood = new Flood();
  });
  afterAll(() => flood.close());

  it('costs no CPU, even after it was busy', async () => {
    const load = flood.load(2500);
    const pipe = flood.pipe();

    const run = flood.run(['--load', String(load.pid), '--writes=false', '-o', 'none'], pipe.writeEnd);
    closeSync(pipe.writeEnd);
    await run.ready;
    load.go();
    await sleep(500);
    load.stop();
    await sleep(1000);
    const before = cpuMs(run.pid);
    await sleep(5000);
    const spent = cpuMs(run.pid) - before;
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    closeSync(pipe.readEnd);
    expect(countsIn(run.stderr()).delivered).toBeGreaterThan(500);
    expect(spent).toBeLessThanOrEqual(2 * tickMs);
  });
});
