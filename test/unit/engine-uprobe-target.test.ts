import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseElf } from '../../runtime/elf/parse.ts';
import { resolveUprobe } from '../../runtime/engine/uprobe-target.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-uprobe-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('where a uprobe goes', () => {
  const libc = resolveUprobe('libc:malloc');

  test('a library by its bare name is the newest file of that name', () => {
    expect(libc.path).toMatch(/^\/.*\/libc\.so\.6$/);
    expect(resolveUprobe(`${libc.path}:malloc`)).toEqual(libc);
  });

  test('the offset is that of the code in the file', () => {
    const bytes = readFileSync(libc.path);
    const text = parseElf(bytes).section('.text')!;
    expect(libc.offset >= BigInt(text.offset) && libc.offset < BigInt(text.offset + text.size)).toBe(true);
    expect(resolveUprobe('libc:malloc+0x10').offset).toBe(libc.offset + 16n);
    expect(resolveUprobe('libc:malloc+3').offset).toBe(libc.offset + 3n);
  });

  test.runIf(existsSync('/proc/self/exe'))('a program is taken as well as a library', () => {
    expect(resolveUprobe(`${process.execPath}:main`).path).toBe(process.execPath);
  });

  writeFileSync(join(folder, 'text'), 'no ELF file');
  test.each<[string, string, string, RegExp | undefined]>([
    ['', 'SPEC_INVALID', 'uprobe target "" is not <file>:<symbol>', undefined],
    ['malloc', 'SPEC_INVALID', 'uprobe target "malloc" is not <file>:<symbol>', undefined],
    ['libc:', 'SPEC_INVALID', 'uprobe target "libc:" is not <file>:<symbol>', undefined],
    [':malloc', 'SPEC_INVALID', 'uprobe target ":malloc" is not <file>:<symbol>', undefined],
    ['libnowhere:malloc', 'ATTACH_TARGET_MISSING', 'there is no library libnowhere on this machine', /absolute path/],
    ['/nowhere/lib.so:malloc', 'ATTACH_TARGET_MISSING', 'cannot read /nowhere/lib.so', undefined],
    [`${folder}/text:malloc`, 'ATTACH_TARGET_MISSING', `${folder}/text is neither a program nor a library`, undefined],
    ['libc:malloccc', 'ATTACH_TARGET_MISSING', `${libc.path} has no symbol malloccc`, /^did you mean malloc\?$/],
  ])('%j is %s', (target, code, message, hint) => {
    expect(() => resolveUprobe(target)).toThrow(
      expect.objectContaining({ code, message, ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }) }),
    );
  });
});
