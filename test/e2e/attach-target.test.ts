import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { runGadget } from '../support/run-gadget.ts';

describeAsRoot('attach_to', () => {
  it('moves a program whose target the kernel wants to know at load', async () => {
    let pid: number | undefined;
    const result = await runGadget(['run', join(import.meta.dirname, 'attach-target'), '-o', 'json'], {
      during: () => {
        ({ pid } = spawnSync('/bin/true'));
      },
      until: (events) => events.some((event) => event.pid === pid),
    });
    expect(result.status, result.stderr).toBe(0);
    expect(result.events).toContainEqual({ pid, comm: 'true' });
  });
});
