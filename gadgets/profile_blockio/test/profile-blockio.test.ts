import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { type GadgetRunResult, runGadget } from '../../../test/support/run-gadget.ts';

// Not /tmp, which may be in memory.
const folder = mkdtempSync('/var/tmp/profile-blockio-');
const writes = 64;

function writeAroundCache(): void {
  spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'file')}`, 'bs=4k', `count=${writes}`, 'oflag=direct']);
}

describeAsRoot('profile_blockio', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([{ flags: [] }, { flags: ['--queued'] }])('counts requests by latency: $flags', async ({ flags }) => {
    const result = await runGadget(['run', './gadgets/profile_blockio', '-o', 'json', '--map-fetch-interval', '200ms', ...flags], {
      during: writeAroundCache,
      until: (events) => countWrites(events) >= writes,
    });
    expect(result.status, result.stderr).toBe(0);
    expect(countWrites(result.events)).toBeGreaterThanOrEqual(writes);
    for (const event of result.events) expect(event.latency).toHaveLength(27);
  });

  it('draws histograms', async () => {
    const result = await runGadget(['run', './gadgets/profile_blockio', '--map-fetch-interval', '500ms', '--timeout', '2s'], {
      during: async () => {
        writeAroundCache();
        await new Promise((done) => setTimeout(done, 700));
      },
    });
    expect(result.stdout).toMatch(/WRITE/);
    expect(result.stdout).toMatch(/\d+ -> +\d+ : \d+ +\|\*+ *\|/);
  });
});

function countWrites(events: GadgetRunResult['events']): number {
  const rows: number[][] = events.filter((event) => event.op === 'WRITE').map((event) => event.latency);
  return rows.flat().reduce((sum, count) => sum + count, 0);
}
