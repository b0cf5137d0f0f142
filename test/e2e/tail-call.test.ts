import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { runGadget } from '../support/run-gadget.ts';

describeAsRoot('a tail call', () => {
  it('reaches a program that nothing attaches', async () => {
    const result = await runGadget(['run', './test/e2e/tail-call', '-o', 'json', '--comm', 'perl'], {
      during: () => void spawnSync('perl', ['-e', 'umask 023']),
      until: (events) => events.length > 0,
    });
    expect(result.status, result.stderr).toBe(0);
    expect(result.events).toEqual([{ comm: 'perl', mask: 0o23 }]);
  });
});
