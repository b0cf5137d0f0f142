import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseKernelSymbols, runningKernelSymbols } from '../../runtime/symbols/kernel-symbols.ts';

const kallsyms = `ffffffff81000300 T third
ffffffff81000100 T first
ffffffff81000180 D data_between
ffffffff81000200 t second
ffffffff81000280 W weak
0000000000000000 A per_cpu_start
ffffffffc0000000 t in_module\t[nf_tables]
`;

describe('the name of a kernel address', () => {
  const symbols = parseKernelSymbols(kallsyms);
  test.each<[bigint, string]>([
    [0xffffffff81000100n, 'first'],
    [0xffffffff810001ffn, 'first'],
    [0xffffffff81000200n, 'second'],
    [0xffffffff8100027fn, 'second'],
    [0xffffffff81000280n, 'weak'],
    [0xffffffff81000300n, 'third'],
    [0xffffffffc0000010n, 'in_module [nf_tables]'],
    [0xffffffff810000ffn, '0xffffffff810000ff'],
    [0x401000n, '0x401000'],
    [0n, '0x0'],
  ])('0x%s', (address, name) => expect(symbols.nameAt(address)).toBe(name));

  test.each([
    ['nothing', ''],
    ['hidden addresses', '0000000000000000 T first\n0000000000000000 t second\n'],
    ['other text', 'not\na\nlist\n'],
  ])('is unknown from %s', (_, text) => expect(parseKernelSymbols(text).nameAt(0xffffffff81000100n)).toBe('0xffffffff81000100'));
});

test('the running kernel is read when the first name is asked for, and once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-symbols-'));
  try {
    const path = join(folder, 'kallsyms');
    const symbols = runningKernelSymbols(path);
    writeFileSync(path, kallsyms);
    expect(symbols.nameAt(0xffffffff81000210n)).toBe('second');
    writeFileSync(path, '');
    expect(symbols.nameAt(0xffffffff81000310n)).toBe('third');
    expect(runningKernelSymbols(join(folder, 'absent')).nameAt(1n)).toBe('0x1');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
