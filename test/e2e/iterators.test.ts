import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { type Event, runGadget } from '../support/run-gadget.ts';

const fixtures = import.meta.dirname;

describeAsRoot('BPF iterators', () => {
  const file = openSync(import.meta.filename, 'r');
  let rows: readonly Event[];
  beforeAll(async () => {
    const result = await runGadget(['run', join(fixtures, 'iterators'), '-o', 'json']);
    expect(result.status, result.stderr).toBe(0);
    rows = result.events;
  });
  afterAll(() => closeSync(file));

  it('walk over tasks', () => {
    expect(rows).toContainEqual({ pid: process.pid, tid: process.pid });
  });

  it('walk over the files of tasks', () => {
    expect(rows).toContainEqual({ inode: fstatSync(file).ino, pid: process.pid, fd: file });
  });

  it('walk over maps', () => {
    expect(rows.filter((row) => row.name === 'walked')).toEqual([{ id: expect.any(Number), max_entries: 5, name: 'walked' }]);
  });

  it('walk over the elements of one map', () => {
    expect(rows.filter((row) => 'key' in row)).toEqual([0, 1, 2, 3, 4].map((key) => ({ key, value: 0 })));
  });
});

describeAsRoot('map iterators', () => {
  const calls = 500;
  const getuidNumber = process.arch === 'arm64' ? 174 : 102;
  const source = join(fixtures, 'map-iterators');

  it('show and empty hash and LRU maps whose keys are structs in structs', async () => {
    let pid = 0;
    const result = await runGadget(['run', source, '-o', 'json', '--comm', 'perl', '--map-fetch-interval', '200ms'], {
      during: () => {
        pid = spawnSync('perl', ['-e', `my $uid; $uid = $< for 1..${calls}`]).pid;
      },
      until: (events) => events.some((event) => event.caller.pid === pid && event.number === 0),
    });
    expect(result.status, result.stderr).toBe(0);
    const own = result.events.filter((event) => event.caller.pid === pid);
    const sum = (rows: readonly Event[]) => rows.reduce((total, row) => total + row.calls, 0);
    // However many fetches it took: each shows what came since the last one.
    expect(sum(own.filter((row) => row.number === getuidNumber))).toBeGreaterThanOrEqual(calls);
    expect(sum(own.filter((row) => row.number === getuidNumber))).toBeLessThan(calls + 20);
    expect(sum(own.filter((row) => row.number === 0))).toBeGreaterThanOrEqual(calls);
    expect(own[0].caller).toEqual({ comm: 'perl', pid });
  });

  it('refuse maps with a value for each CPU', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gadget-map-iterators-'));
    try {
      cpSync(source, folder, { recursive: true });
      const program = join(folder, 'program.bpf.c');
      writeFileSync(program, readFileSync(program, 'utf8').replace('BPF_MAP_TYPE_LRU_HASH', 'BPF_MAP_TYPE_PERCPU_HASH'));
      const result = await runGadget(['run', folder, '-o', 'json']);
      expect(result.status).toBe(4);
      expect(result.stderr).toMatch(/GADGET_MAPITER\(end, ended\): the map ended is of type .*; only hash maps are read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
