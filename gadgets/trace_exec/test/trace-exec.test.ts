import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trace-exec-')));
const echo = realpathSync('/bin/echo');
const script = join(folder, 'script');
const absent = join(folder, 'absent');
const threadScript = `use threads; threads->create(sub { exec "${echo}", "from a thread" })->join`;

async function execute(program: string, args: string[], ...flags: string[]) {
  let pid = 0;
  const result = await runGadget(['run', './gadgets/trace_exec', '-o', 'json', ...flags], {
    during: () => {
      pid = spawnSync(program, args, { cwd: folder }).pid;
    },
  });
  expect(result.status, result.stderr).toBe(0);
  return result.events.filter((event) => event.proc.pid === pid);
}

describeAsRoot('trace_exec', () => {
  writeFileSync(script, '#!/bin/sh -e\n:\n');
  chmodSync(script, 0o755);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('shows a program with its arguments as a list', async () => {
    const events = await execute(echo, ['a b', '', 'ünï', '$x']);
    expect(events).toMatchObject([
      { args: [echo, 'a b', '', 'ünï', '$x'], args_count: 5, error: '', error_raw: 0, cwd: '', file: '', proc: { comm: 'echo' } },
    ]);
    expect(events[0].proc.parent.pid).toBe(process.pid);
  });

  it('shows what a script becomes', async () => {
    const events = await execute(script, ['one']);
    expect(events).toMatchObject([{ args: ['/bin/sh', '-e', script, 'one'], args_count: 4, proc: { comm: 'script' } }]);
  });

  it('keeps the start of long arguments, and their number', async () => {
    const [event] = await execute(echo, ['x'.repeat(9000), 'last']);
    expect(event.args_count).toBe(3);
    expect(event.args_size).toBe(8192);
    expect(event.args).toEqual([echo, 'x'.repeat(8192 - echo.length - 1)]);
  });

  it('shows a program that a thread starts once', async () => {
    const events = await execute('perl', ['-e', threadScript]);
    expect(events.map((event) => event.args)).toEqual([expect.arrayContaining(['-e']), [echo, 'from a thread']]);
    expect(events[1].proc.tid).toBe(events[1].proc.pid);
  });

  it('finds paths when asked to', async () => {
    const [event] = await execute(echo, [], '--paths');
    expect(event).toMatchObject({ cwd: folder, file: echo, exepath: echo, parent_exepath: realpathSync(process.execPath) });
  });

  it.each([
    { flags: ['--ignore-failed=false'], expected: [['ENOENT', absent, [absent, 'argument']]] },
    { flags: [], expected: [] },
  ])('shows calls that failed only when asked to: $flags', async ({ flags, expected }) => {
    const events = await execute('perl', ['-e', `exec "${absent}", "argument"`], ...flags);
    const failures = events.filter((event) => event.error_raw !== 0 && event.file === absent);
    expect(failures.map((event) => [event.error, event.file, event.args])).toEqual(expected);
  });
});
