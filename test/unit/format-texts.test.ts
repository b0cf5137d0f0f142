import { describe, expect, test } from 'vitest';
import { addressText, endpointText } from '../../runtime/operators/format/address-text.ts';
import { byteSizeText } from '../../runtime/operators/format/byte-size.ts';
import { durationText } from '../../runtime/operators/format/duration.ts';
import { enumNamer, setNamer } from '../../runtime/operators/format/enumeration.ts';
import { errnoName } from '../../runtime/operators/format/errno.ts';
import { fileFlagsText } from '../../runtime/operators/format/file-flags.ts';
import { fileModeText } from '../../runtime/operators/format/file-mode.ts';
import { goTimeLayout } from '../../runtime/operators/format/go-time-layout.ts';
import { protocolName } from '../../runtime/operators/format/protocol.ts';
import { signalName } from '../../runtime/operators/format/signal.ts';
import { splitStrings } from '../../runtime/operators/format/string-list.ts';
import { syscallNamer } from '../../runtime/operators/format/syscall.ts';
import { parseNames } from '../../runtime/operators/format/users.ts';
import { WallTimeWriter } from '../../runtime/operators/format/wall-time.ts';

test.each([
  [0, '0 B'],
  [9, '9 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1234, '1.2 kB'],
  [82_854_982, '83 MB'],
  [1e12, '1.0 TB'],
  [2 ** 63, '9.2 EB'],
])('byte size %d', (bytes, text) => expect(byteSizeText(bytes)).toBe(text));

test.each([
  [0, '0ns'],
  [999, '999ns'],
  [1234, '1.23µs'],
  [4_560_000, '4.56ms'],
  [1e9, '1s'],
  [1_500_000_000, '1.5s'],
  [7_384_000_000_001, '2h3m4.000000001s'],
  [60e9, '1m0s'],
  [-12, '-12ns'],
])('duration %d', (ns, text) => expect(durationText(ns)).toBe(text));

test.each([
  [0, ''],
  [2, 'ENOENT'],
  [40, 'ELOOP'],
  [41, 'error#41'],
  [58, 'error#58'],
  [95, 'EOPNOTSUPP'],
  [133, 'EHWPOISON'],
  [512, 'error#512'],
])('errno %d', (errno, name) => expect(errnoName(errno)).toBe(name));

test.each([
  [1, 'SIGHUP'],
  [9, 'SIGKILL'],
  [31, 'SIGSYS'],
  [0, 'signal#0'],
  [64, 'signal#64'],
])('signal %d', (signal, name) => expect(signalName(signal)).toBe(name));

test.each([
  ['amd64', 0, 'SYS_READ'],
  ['amd64', 257, 'SYS_OPENAT'],
  ['amd64', 334, 'SYS_RSEQ'],
  ['amd64', 462, 'SYS_MSEAL'],
  ['amd64', 400, 'SYS_UNKNOWN'],
  ['arm64', 56, 'SYS_OPENAT'],
  ['arm64', 63, 'SYS_READ'],
  ['arm64', 79, 'SYS_NEWFSTATAT'],
  ['arm64', 221, 'SYS_EXECVE'],
  ['arm64', 435, 'SYS_CLONE3'],
  ['arm64', 300, 'SYS_UNKNOWN'],
] as const)('system call %s %d', (architecture, number, name) => expect(syscallNamer(architecture)(number)).toBe(name));

test.each([
  [0o644, '-rw-r--r--'],
  [0o100755, '-rwxr-xr-x'],
  [0o040755, 'drwxr-xr-x'],
  [0o041777, 'dtrwxrwxrwx'],
  [0o104755, 'urwxr-xr-x'],
  [0o020620, 'Dcrw--w----'],
  [0o140777, 'Srwxrwxrwx'],
])('file mode %o', (mode, text) => expect(fileModeText(mode)).toBe(text));

test.each([
  ['amd64', 0, 'O_RDONLY'],
  ['amd64', 0o101, 'O_WRONLY|O_CREAT'],
  ['amd64', 0o2200000, 'O_RDONLY|O_CLOEXEC|O_DIRECTORY'],
  ['arm64', 0o2040000, 'O_RDONLY|O_CLOEXEC|O_DIRECTORY'],
  ['amd64', 0o4010002, 'O_RDWR|O_SYNC'],
  ['amd64', 0x80000000, 'O_RDONLY|0x80000000'],
] as const)('file flags %s %o', (architecture, flags, text) => expect(fileFlagsText(flags, architecture)).toBe(text));

const bytesOf = (...bytes: number[]) => new Uint32Array(Uint8Array.from([...bytes, ...Array(16 - bytes.length).fill(0)]).buffer);
test.each([
  ['127.0.0.1', [127, 0, 0, 1], 4],
  ['255.255.255.255', [255, 255, 255, 255], 4],
  ['::', [], 6],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 6],
  ['fe80::1:0:0:2', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2], 6],
  ['2001:db8:0:1:1:1:1:1', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 6],
  ['::ffff:10.0.0.7', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7], 6],
  ['', [1, 2, 3, 4], 0],
])('address %s', (text, bytes, version) => {
  const [a, b, c, d] = bytesOf(...bytes) as unknown as [number, number, number, number];
  expect(addressText(a, b, c, d, version)).toBe(text);
  expect(endpointText(8080, a, b, c, d, version)).toBe(version === 4 ? `${text}:8080` : version === 6 ? `[${text}]:8080` : '');
});

test('protocols', () => expect([6, 17, 58, 200].map(protocolName)).toEqual(['TCP', 'UDP', 'ICMPv6', 'proto#200']));

describe('enumerations', () => {
  const value = (name: string, number: bigint) => ({ name, value: number });
  test('a negative value is found by its bits', () => {
    const nameOf = enumNamer({ name: 'e', isSet: false, values: [value('A', -1n), value('B', 1n), value('C', 1n)] }, 32);
    expect([0xffffffffn, -1n, 1n, 7n].map(nameOf)).toEqual(['A', 'A', 'B', 'UNKNOWN']);
  });
  test('sets', () => {
    const nameOf = setNamer(
      { name: 'e_set', isSet: true, values: [value('NONE', 0n), value('A', 1n), value('B', 2n), value('AB', 3n)] },
      32,
      '|',
    );
    expect([0n, 1n, 3n, 6n].map(nameOf)).toEqual(['NONE', 'A', 'A|B|AB', 'B|0x4']);
  });
});

test.each<[string, number | undefined, string[]]>([
  ['ls\0-l\0', 6, ['ls', '-l']],
  ['ls\0\0-l\0xx', 7, ['ls', '', '-l']],
  ['ls\0-l\0\0\0', undefined, ['ls', '-l']],
  ['ls\0-l', 99, ['ls', '-l']],
  ['ls', 0, []],
  ['', undefined, []],
])('string list %j of %s bytes', (packed, used, strings) => expect(splitStrings(Buffer.from(packed), used)).toEqual(strings));

test('a list with bytes that are no UTF-8', () => expect(splitStrings(Uint8Array.of(0xff, 0), 2)).toEqual(['\ufffd']));

test('names of users leave out what is odd', () => {
  const names = parseNames('root:x:0:0::/:/bin/sh\ntoor:x:0:0::\nev\u001bil:x:7:\nbroken\nme:x:1000:1000\n');
  expect([...names]).toEqual([
    [0, 'root'],
    [1000, 'me'],
  ]);
});

test.each([
  ['2006-01-02 15:04:05.000', '2025-03-09 17:05:06.012'],
  ['Mon Jan _2 03:04PM 06', 'Sun Mar  9 05:05PM 25'],
  ['2006-01-02T15:04:05.999999999Z07:00', '2025-03-09T17:05:06.012345Z'],
  ['15h -0700 002', '17h +0000 068'],
])('layout %s', (layout, text) => {
  expect(goTimeLayout(layout, true)(Date.UTC(2025, 2, 9, 17, 5, 6) / 1000, 12_345_000)).toBe(text);
});

test('wall time in a zone that changes its offset', () => {
  const before = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    const writer = new WallTimeWriter(false);
    const second = Date.UTC(2025, 2, 30, 0, 59, 59) / 1000;
    expect(writer.text(second, 7)).toBe('2025-03-30T01:59:59.000000007+01:00');
    expect(writer.text(second + 1, 0)).toBe('2025-03-30T03:00:00.000000000+02:00');
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
});
