import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

async function snapshot(...flags: string[]) {
  const result = await runGadget(['run', './gadgets/snapshot_process', '-o', 'json', ...flags]);
  expect(result.status, result.stderr).toBe(0);
  return result.events;
}

describeAsRoot('snapshot_process', () => {
  let sleeper: ChildProcess;

  beforeAll(async () => {
    sleeper = spawn('sleep', ['1000']);
    await once(sleeper, 'spawn');
  });
  afterAll(() => {
    sleeper.kill('SIGKILL');
  });

  it('shows every process once, and ends', async () => {
    const events = await snapshot();
    const pids = events.map((event) => event.pid);
    expect(new Set(pids).size).toBe(pids.length);
    expect(events.find((event) => event.pid === sleeper.pid)).toMatchObject({
      comm: 'sleep',
      state: 'SLEEPING',
      tid: sleeper.pid,
      creds: { uid: 0, user: 'root' },
      parent: { pid: process.pid },
    });
  });

  it('tells states apart', async () => {
    sleeper.kill('SIGSTOP');
    expect(await snapshot('--pid', `${sleeper.pid}`)).toMatchObject([{ pid: sleeper.pid, state: 'STOPPED' }]);
    sleeper.kill('SIGCONT');
  });

  it('shows threads when asked to', async () => {
    const events = await snapshot('--threads', '--pid', `${process.pid}`);
    const tids = events.map((event) => event.tid);
    const main = readFileSync('/proc/self/comm', 'utf8').trim();
    expect(tids).toEqual(expect.arrayContaining([process.pid]));
    expect(tids.length).toBeGreaterThan(1);
    expect(readdirSync('/proc/self/task').map(Number)).toEqual(expect.arrayContaining(tids));
    expect(events.find((event) => event.tid === process.pid).comm).toBe(main);
  });
});
