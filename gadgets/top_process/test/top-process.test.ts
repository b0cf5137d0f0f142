import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

describeAsRoot('top_process', () => {
  let busy: ChildProcess;

  beforeAll(async () => {
    busy = spawn('perl', ['-e', '1 while 1']);
    await once(busy, 'spawn');
  });
  afterAll(() => {
    busy.kill('SIGKILL');
  });

  it('counts the time of a process that never waits, in each table', async () => {
    const result = await runGadget(
      ['run', './gadgets/top_process', '-o', 'json', '--pid', `${busy.pid}`, '--map-fetch-interval', '300ms', '--map-fetch-count', '5'],
      {},
    );
    expect(result.status, result.stderr).toBe(0);
    expect(result.events).toHaveLength(5);
    for (const event of result.events) {
      expect(event).toMatchObject({ pid: busy.pid, ppid: process.pid, comm: 'perl', uid: 0 });
      // At most the interval, and half as much again for a late timer; a tenth of it on a machine with other work.
      expect(event.cpu_time_raw).toBeGreaterThan(30e6);
      expect(event.cpu_time_raw).toBeLessThan(450e6);
    }
  });

  it('shows processes that come and go, and never the idle task', async () => {
    const result = await runGadget(['run', './gadgets/top_process', '-o', 'json', '--map-fetch-interval', '500ms'], {
      during: async () => {
        await once(spawn('perl', ['-e', '$0 = "short-lived"; for (1..500) { select undef, undef, undef, 0.001 }']), 'exit');
      },
      until: (events) => events.some((event) => event.comm === 'short-lived'),
    });
    const rows = result.events.filter((event) => event.comm === 'short-lived');
    expect(rows.reduce((sum, row) => sum + row.switches, 0)).toBeGreaterThanOrEqual(100);
    expect(result.events.filter((event) => event.pid === 0)).toEqual([]);
  });
});
