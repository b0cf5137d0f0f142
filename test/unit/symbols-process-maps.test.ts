import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ProcessMaps, parseProcessMaps } from '../../runtime/symbols/process-maps.ts';

const maps = `00400000-00401000 r--p 00000000 fe:00 12                                 /usr/bin/tool
00401000-00405000 r-xp 00001000 fe:00 12                                 /usr/bin/tool
7f0000000000-7f0000010000 r-xp 00020000 fe:00 34                         /usr/lib/with space.so (deleted)
7f0000010000-7f0000020000 rw-p 00000000 00:00 0
7ffff7fc0000-7ffff7fc2000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test('executable mappings are read, others left out', () => {
  expect(parseProcessMaps(maps)).toEqual([
    { start: 0x401000n, end: 0x405000n, fileOffset: 0x1000n, path: '/usr/bin/tool', file: 'fe:00 12' },
    { start: 0x7f0000000000n, end: 0x7f0000010000n, fileOffset: 0x20000n, path: '/usr/lib/with space.so (deleted)', file: 'fe:00 34' },
    { start: 0x7ffff7fc0000n, end: 0x7ffff7fc2000n, fileOffset: 0n, path: '[vdso]', file: '00:00 0' },
    { start: 0xffffffffff600000n, end: 0xffffffffff601000n, fileOffset: 0n, path: '[vsyscall]', file: '00:00 0' },
  ]);
});

test.each(['', 'nonsense', '0-1 r-xp', '00400000-00401000 r-xp 0 fe:00 12'])('%j has no mappings', (text) => {
  expect(parseProcessMaps(text)).toEqual([]);
});

describe('an address of a process', () => {
  const proc = mkdtempSync(join(tmpdir(), 'gadget-proc-'));
  mkdirSync(join(proc, '7'));
  writeFileSync(join(proc, '7/maps'), maps);
  const processes = new ProcessMaps(proc);

  test.each<[bigint, { path: string; offset: bigint } | undefined]>([
    [0x401000n, { path: '/usr/bin/tool', offset: 0x1000n }],
    [0x404fffn, { path: '/usr/bin/tool', offset: 0x4fffn }],
    [0x405000n, undefined],
    [0x400000n, undefined],
    [0x7f0000000010n, { path: '/usr/lib/with space.so (deleted)', offset: 0x20010n }],
  ])('0x%s', (address, expected) => expect(processes.locate(7, address)).toEqual(expected));

  test('of one that is gone is unknown, of one that has just ended it is remembered', () => {
    expect(processes.locate(8, 0x401000n)).toBeUndefined();
    rmSync(proc, { recursive: true });
    expect(processes.locate(7, 0x401000n)).toEqual({ path: '/usr/bin/tool', offset: 0x1000n });
  });
});
