import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

// Set-up is plain JavaScript: it runs before there is anything that reads TypeScript.
const { missingPackages } = await import(new URL('../../builder/setup/system-packages.mjs', import.meta.url).href);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gadget-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The compilers of a machine that has those programs, by name, which say that of themselves. */
function missing(programs: Record<string, string>, env: Record<string, string> = {}): string[] {
  for (const [name, says] of Object.entries(programs)) writeFileSync(join(folder, name), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
  const found: { package: string }[] = missingPackages('run', { PATH: folder, ...env });
  return found.map((entry) => entry.package).filter((name) => name === 'g++' || name === 'clang-19');
}

test.each<[string, Record<string, string>, Record<string, string>, string[]]>([
  ['nothing', {}, {}, ['g++', 'clang-19']],
  ['the compilers of Debian', { 'g++': '', 'clang-19': '' }, {}, []],
  ['another clang that is new enough', { 'g++': '', 'clang-16': '' }, {}, []],
  ['a clang without a version in its name', { 'g++': '', clang: 'Ubuntu clang version 18.1.3 (1ubuntu1)' }, {}, []],
  ['a clang that is too old', { 'g++': '', clang: 'Debian clang version 14.0.6', 'clang-14': '' }, {}, ['clang-19']],
  ['a clang named by CLANG', { 'g++': '', mine: 'clang version 22.0.0' }, { CLANG: 'mine' }, []],
  ['a clang, but not the one that CLANG names', { 'g++': '', 'clang-19': '' }, { CLANG: 'mine' }, ['clang-19']],
  ['something else under the name of CLANG', { 'g++': '', mine: 'gcc (Debian) 12.2.0' }, { CLANG: 'mine' }, ['clang-19']],
  ['a C++ compiler named by CXX', { 'clang++': '', 'clang-19': '' }, { CXX: 'clang++' }, []],
])('a machine with %s', (_, programs, env, expected) => expect(missing(programs, env)).toEqual(expected));

test('what is missing is told in words of any system', () => {
  expect(missingPackages('run', { PATH: folder })).toEqual(
    expect.arrayContaining([
      { package: 'g++', text: 'a C++ compiler' },
      { package: 'clang-19', text: 'clang 15 or newer' },
    ]),
  );
});
