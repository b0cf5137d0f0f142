/** Numbers as ASCII digits, written into bytes that the caller made room in: 11 bytes for 32 bits, 20 for 64, 25 for a float. */

/** The digits of 0 to 99, two bytes each. */
const pairs = new Uint8Array(200);
for (let value = 0; value < 100; value++) {
  pairs[value * 2] = 48 + Math.floor(value / 10);
  pairs[value * 2 + 1] = 48 + (value % 10);
}
const hexDigits = new TextEncoder().encode('0123456789abcdef');

/** An unsigned integer below 2^32 in decimal. */
export function writeUint32(out: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    out[at] = 48 + value;
    return at + 1;
  }
  const end = at + digitCount(value);
  // Division of what is known to be a 32-bit integer is a multiplication for the compiler.
  let rest = value >>> 0;
  let index = end;
  while (rest >= 100) {
    const quotient = (rest / 100) >>> 0;
    const pair = (rest - quotient * 100) * 2;
    index -= 2;
    out[index] = pairs[pair]!;
    out[index + 1] = pairs[pair + 1]!;
    rest = quotient;
  }
  if (rest >= 10) {
    out[at] = pairs[rest * 2]!;
    out[at + 1] = pairs[rest * 2 + 1]!;
  } else out[at] = 48 + rest;
  return end;
}

function digitCount(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  return value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10;
}

/** A signed 32-bit integer in decimal. */
export function writeInt(out: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeUint32(out, at, value);
  out[at] = 45;
  return writeUint32(out, at + 1, -value);
}

const billion = 1_000_000_000;

/** An unsigned 64-bit integer, given as two unsigned halves, in decimal and exact. */
export function writeUint64(out: Uint8Array, at: number, high: number, low: number): number {
  if (high === 0) return writeUint32(out, at, low);
  // The double quotient is right or one off; the remainder, computed modulo 2^32, tells which.
  let quotient = Math.floor((high * 4294967296 + low) / billion);
  let remainder = (low - Math.imul(quotient >>> 0, billion)) | 0;
  if (remainder < 0) {
    quotient--;
    remainder += billion;
  } else if (remainder >= billion) {
    quotient++;
    remainder -= billion;
  }
  let position = at;
  if (quotient < billion) position = writeUint32(out, at, quotient);
  else {
    const top = Math.floor(quotient / billion);
    position = writeNineDigits(out, writeUint32(out, at, top), quotient - top * billion);
  }
  return writeNineDigits(out, position, remainder);
}

/** A signed 64-bit integer, given as two unsigned halves, in decimal and exact. */
export function writeInt64(out: Uint8Array, at: number, high: number, low: number): number {
  if (high < 0x80000000) return writeUint64(out, at, high, low);
  out[at] = 45;
  const negatedLow = -low >>> 0;
  return writeUint64(out, at + 1, (~high + (negatedLow === 0 ? 1 : 0)) >>> 0, negatedLow);
}

/** An integer below 10^9 as nine digits. */
export function writeNineDigits(out: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  for (let index = at + 7; index > at; index -= 2) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) * 2;
    out[index] = pairs[pair]!;
    out[index + 1] = pairs[pair + 1]!;
    rest = quotient;
  }
  out[at] = 48 + rest;
  return at + 9;
}

/** A float as JavaScript prints it, `null` for what JSON has no number for. */
export function writeFloat(out: Uint8Array, at: number, value: number): number {
  const text = Number.isFinite(value) ? String(value) : 'null';
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** `0x` and the hexadecimal digits of a 64-bit integer given as two unsigned halves, without leading zeros. */
export function writeHexUint64(out: Uint8Array, at: number, high: number, low: number): number {
  out[at] = 48;
  out[at + 1] = 120;
  if (high === 0) return writeHexWord(out, at + 2, low, hexLength(low));
  return writeHexWord(out, writeHexWord(out, at + 2, high, hexLength(high)), low, 8);
}

/** The same for 128 bits, in four words from the highest down. */
export function writeHexUint128(out: Uint8Array, at: number, top: number, upper: number, high: number, low: number): number {
  if (top === 0 && upper === 0) return writeHexUint64(out, at, high, low);
  return writeHexWord(out, writeHexWord(out, writeHexUint64(out, at, top, upper), high, 8), low, 8);
}

function hexLength(word: number): number {
  return word === 0 ? 1 : 8 - (Math.clz32(word) >>> 2);
}

function writeHexWord(out: Uint8Array, at: number, word: number, digits: number): number {
  for (let index = digits - 1, rest = word; index >= 0; index--, rest >>>= 4) out[at + index] = hexDigits[rest & 15]!;
  return at + digits;
}

/** Two hexadecimal digits for each byte. */
export function writeHexBytes(out: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  let position = at;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    out[position] = hexDigits[byte >>> 4]!;
    out[position + 1] = hexDigits[byte & 15]!;
    position += 2;
  }
  return position;
}
