import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

// Not /tmp, which may be in memory.
const folder = mkdtempSync('/var/tmp/top-blockio-');
const file = join(folder, 'file');

describeAsRoot('top_blockio', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('counts bytes and requests of a process that reads and writes around the cache', async () => {
    const pids: number[] = [];
    const result = await runGadget(['run', './gadgets/top_blockio', '-o', 'json', '--comm', 'dd', '--map-fetch-interval', '200ms'], {
      during: () => {
        pids.push(spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=64k', 'count=16', 'oflag=direct']).pid);
        pids.push(spawnSync('dd', [`if=${file}`, 'of=/dev/null', 'bs=64k', 'count=16', 'iflag=direct']).pid);
      },
      until: (events) => events.some((event) => event.rw === 'READ'),
    });
    expect(result.status, result.stderr).toBe(0);
    const sum = (pid: number | undefined, rw: string, field: string) =>
      result.events.filter((event) => event.proc.pid === pid && event.rw === rw).reduce((total, event) => total + event[field], 0);
    expect(sum(pids[0], 'WRITE', 'bytes_raw')).toBe(16 * 65536);
    // dd itself is read from the disk when it was not in memory.
    expect(sum(pids[1], 'READ', 'bytes_raw')).toBeGreaterThanOrEqual(16 * 65536);
    expect(sum(pids[0], 'WRITE', 'io')).toBeGreaterThan(0);
    expect(sum(pids[0], 'WRITE', 'us')).toBeGreaterThan(0);
    expect(result.events.every((event) => event.proc.comm === 'dd' && event.major > 0)).toBe(true);
  });
});
