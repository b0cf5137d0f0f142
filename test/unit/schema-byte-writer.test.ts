import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeText } from '../../runtime/base/safe-text.ts';
import {
  ByteWriter,
  writeAsciiLiteral,
  writeFloat,
  writeHexBytes,
  writeHexUint64,
  writeHexUint128,
  writeInt,
  writeInt64,
  writeJsonString,
  writeJsonStringFromBytes,
  writeUint32,
  writeUint64,
} from '../../runtime/schema/byte-writer.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a writer wrote at some place in the middle. */
function written(write: (out: Uint8Array, at: number) => number, room = 64): string {
  const out = new Uint8Array(room + 5);
  return utf8.decode(out.subarray(5, write(out, 5)));
}

const words = (value: bigint) => [Number(value >> 32n), Number(value & 0xffffffffn)] as const;
const edges64 = [
  0n,
  1n,
  999_999_999n,
  1_000_000_000n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  10n ** 18n - 1n,
  10n ** 18n,
  2n ** 63n,
  2n ** 64n - 1n,
];

describe('decimal digits are exact', () => {
  test('of unsigned 32 bits', () => {
    const edges = Array.from({ length: 10 }, (_, i) => [10 ** i - 1, 10 ** i]).flat();
    for (const value of [...edges, 2 ** 32 - 1]) expect(written((out, at) => writeUint32(out, at, value))).toBe(String(value));
    fc.assert(fc.property(fc.nat({ max: 2 ** 32 - 1 }), (value) => written((out, at) => writeUint32(out, at, value)) === String(value)));
  });

  test('of signed 32 bits', () => {
    for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) expect(written((out, at) => writeInt(out, at, value))).toBe(String(value));
  });

  test('of 64 bits, signed and not', () => {
    const check = (value: bigint) => {
      expect(written((out, at) => writeUint64(out, at, ...words(value)))).toBe(String(value));
      expect(written((out, at) => writeInt64(out, at, ...words(value)))).toBe(String(BigInt.asIntN(64, value)));
    };
    edges64.forEach(check);
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), check), { numRuns: 2000 });
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 34n), (n) => check(BigInt.asUintN(64, n * 1_000_000_000n - 1n))));
  });
});

test('hexadecimal digits', () => {
  for (const value of edges64) expect(written((out, at) => writeHexUint64(out, at, ...words(value)))).toBe(`0x${value.toString(16)}`);
  for (const value of [...edges64, 2n ** 64n, 2n ** 96n, 2n ** 128n - 1n, 0xfe80n << 112n]) {
    const [top, upper] = words(value >> 64n);
    const [high, low] = words(value & (2n ** 64n - 1n));
    expect(written((out, at) => writeHexUint128(out, at, top, upper, high, low))).toBe(`0x${value.toString(16)}`);
  }
  expect(written((out, at) => writeHexBytes(out, at, Uint8Array.of(9, 0, 171, 255), 1, 4))).toBe('00abff');
});

test('floats are what JSON can hold', () => {
  for (const value of [0, -2.5, 1e300, -5e-324]) expect(written((out, at) => writeFloat(out, at, value))).toBe(String(value));
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(written((out, at) => writeFloat(out, at, value))).toBe('null');
});

const terminalSafe = (json: string) => expect(safeText(json)).toBe(json);

describe('JSON strings', () => {
  test.each([
    ['plain', '"plain"'],
    ['"\\', '"\\"\\\\"'],
    ['\n\r\t\b\f', '"\\n\\r\\t\\b\\f"'],
    ['\u001b[31m\u007f', '"\\u001b[31m\\u007f"'],
    ['é€😀', '"é€😀"'],
    ['\u0085\u202e\u2028', '"\\u0085\\u202e\\u2028"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
  ])('%j', (text, json) => {
    expect(written((out, at) => writeJsonString(out, at, text))).toBe(json);
    const bytes = new TextEncoder().encode(text);
    expect(written((out, at) => writeJsonStringFromBytes(out, at, bytes, 0, bytes.length))).toBe(json);
  });

  test('of any bytes say what TextDecoder says, and steer no terminal', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const lead = fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0x90);
    const bytes = fc.array(fc.oneof(lead, fc.nat({ max: 255 })), { maxLength: 24 }).map((all) => Uint8Array.from(all));
    const property = (all: Uint8Array) => {
      const nul = all.indexOf(0);
      const json = written((out, at) => writeJsonStringFromBytes(out, at, all, 0, all.length), 6 * all.length + 2);
      expect(JSON.parse(json)).toBe(decoder.decode(nul < 0 ? all : all.subarray(0, nul)));
      terminalSafe(json);
    };
    fc.assert(fc.property(bytes, property), { numRuns: 2000 });
  });

  test('of any JavaScript string parse to it, lone surrogates replaced', () => {
    const property = (text: string) => {
      const json = written((out, at) => writeJsonString(out, at, text), 6 * text.length + 2);
      expect(JSON.parse(json)).toBe(text);
      terminalSafe(json);
    };
    fc.assert(fc.property(fc.string({ unit: 'binary' }), property));
    expect(written((out, at) => writeJsonString(out, at, 'a\ud800b'))).toBe('"a\ufffdb"');
  });
});

test('a writer grows, keeps what it has, and gives back what one large use took', () => {
  const writer = new ByteWriter();
  const small = writer.bytes.length;
  writer.position = writeAsciiLiteral(writer.bytes, 0, 'head');
  writer.reserve(64 * small);
  expect(new TextDecoder().decode(writer.written())).toBe('head');
  expect(writer.bytes.length).toBeGreaterThanOrEqual(64 * small + 4);
  expect(writer.view.byteLength).toBe(writer.bytes.length);
  writer.reset();
  expect(writer.position).toBe(0);
  expect(writer.bytes.length).toBe(small);
});
