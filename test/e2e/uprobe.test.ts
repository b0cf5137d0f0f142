import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { compileC } from '../support/c-program.ts';
import { runGadget } from '../support/run-gadget.ts';

const fixture = join(import.meta.dirname, 'uprobe');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gadget-uprobe-')));
/** The length of the function's first instruction. */
const step = process.arch === 'arm64' ? '0x4' : '1';

/** A copy of the gadget whose programs are attached to these targets. */
function gadgetFor(name: string, targets: Readonly<Record<string, string>>): string {
  const gadget = join(folder, name);
  cpSync(join(fixture, 'program.bpf.c'), join(gadget, 'program.bpf.c'));
  const programs = Object.entries(targets).map(([program, target]) => `  ${program}:\n    attach_to: ${JSON.stringify(target)}\n`);
  writeFileSync(join(gadget, 'gadget.yaml'), `name: ${name}\nprograms:\n${programs.join('')}`);
  return gadget;
}

const targetsIn = (program: string) => ({
  busy_entry: `${program}:busy`,
  busy_return: `${program}:busy`,
  at_symbol: `${program}:stepped`,
  at_offset: `${program}:stepped+${step}`,
  in_library: 'libc:getppid',
});

describeAsRoot('uprobes', () => {
  let program: string;
  beforeAll(() => {
    program = compileC(join(fixture, 'target.c'), join(folder, 'target'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    { kind: 'a position-independent program', flags: ['-fPIE', '-pie'] },
    { kind: 'a program at fixed addresses', flags: ['-fno-pie', '-no-pie'] },
    { kind: 'a program without a symbol table', flags: ['-rdynamic', '-s'] },
  ])('see calls, arguments and results in $kind, and of a library by its bare name', async ({ flags }) => {
    const path = compileC(join(fixture, 'target.c'), join(folder, 'traced'), ...flags);
    let pid = 0;
    const result = await runGadget(['run', gadgetFor('user_calls', targetsIn(path)), '-o', 'json', '--comm', 'traced'], {
      during: () => {
        const traced = spawnSync(path);
        expect(traced.stdout.toString()).toBe('21 36\n');
        pid = traced.pid;
      },
      until: (events) => events.some((event) => event.probe === 'LIBRARY'),
    });
    expect(result.status, result.stderr).toBe(0);
    const rows = result.events.filter((event) => event.pid === pid).map((event) => [event.probe, event.value]);
    expect(rows.slice(0, 4).sort()).toEqual([
      ['ENTRY', 7],
      ['ENTRY', 9],
      ['RETURN', 21],
      ['RETURN', 36],
    ]);
    const kinds = rows.slice(4).map(([probe]) => probe);
    expect(kinds).toEqual(['SYMBOL', 'SYMBOL_AND_OFFSET', 'SYMBOL', 'SYMBOL_AND_OFFSET', 'SYMBOL_AND_OFFSET', 'LIBRARY']);
  });

  it.each([
    { wrong: 'a symbol that is not there', target: () => `${program}:no_such_function`, says: /target has no symbol no_such_function/ },
    { wrong: 'a file that is not there', target: () => '/no/such/file:main', says: /cannot read \/no\/such\/file/ },
    { wrong: 'a file that is no program', target: () => '/etc/passwd:main', says: /\/etc\/passwd is neither a program nor a library/ },
    { wrong: 'a library that is not there', target: () => 'libnosuch:call', says: /no library libnosuch/ },
    { wrong: 'no symbol', target: () => program, says: /program \w+ .*no target of a uprobe/ },
  ])('say what is wrong with $wrong', async ({ target, says }) => {
    const gadget = gadgetFor('wrong_target', Object.fromEntries(Object.keys(targetsIn(program)).map((name) => [name, target()])));
    const result = await runGadget(['run', gadget, '-o', 'json']);
    expect(result.status).toBeGreaterThan(3);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(/^ +at /m);
  });

  it('go on without a function that this machine has not', async () => {
    const gadget = gadgetFor('one_absent', { ...targetsIn(program), at_symbol: `${program}:no_such_function` });
    const result = await runGadget(['run', gadget, '-o', 'json', '--comm', 'target'], {
      during: () => void spawnSync(program),
      until: (events) => events.some((event) => event.probe === 'LIBRARY'),
    });
    expect(result.status, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/at_symbol.*no_such_function/);
    expect(new Set(result.events.map(({ probe }) => probe))).toEqual(new Set(['ENTRY', 'RETURN', 'SYMBOL_AND_OFFSET', 'LIBRARY']));
  });
});
