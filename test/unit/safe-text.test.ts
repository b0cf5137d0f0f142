import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeBytes, safeText } from '../../runtime/base/safe-text.ts';

test.each([
  ['plain ~ text', 'plain ~ text'],
  ['grün 日本 😀', 'grün 日本 😀'],
  ['\x1b[31m', '\\x1b[31m'],
  ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
  ['\x7f', '\\x7f'],
  ['\u009b2J', '\\u{9b}2J'],
  ['a\u202eb\u2066', 'a\\u{202e}b\\u{2066}'],
  ['\u2028\ufeff', '\\u{2028}\\u{feff}'],
  ['\u{e0041}', '\\u{e0041}'],
  ['\ud800x', '\\u{d800}x'],
])('%j', (text, safe) => expect(safeText(text)).toBe(safe));

test.each<[number[], string]>([
  [[0x61, 0xff, 0x62], 'a\\xffb'],
  [[0xc3, 0xbc], 'ü'],
  [[0xc3], '\\xc3'],
  [[0xc0, 0x80], '\\xc0\\x80'],
  [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
  [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
  [[0xff, 0x1b, 0xe2, 0x80, 0xae], '\\xff\\x1b\\u{202e}'],
])('bytes %j', (bytes, safe) => expect(safeBytes(Uint8Array.from(bytes))).toBe(safe));

const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;
test('nothing that steers a terminal is left, whatever the bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => !unsafe.test(safeBytes(bytes))));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !unsafe.test(safeText(text))));
});
