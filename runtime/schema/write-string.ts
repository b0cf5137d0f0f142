import { decodeUtf8At, replacementCharacter, writeUtf8 } from './utf8.ts';

/** JSON strings (RFC 8259), written into bytes that the caller made room in: two quotes and six bytes for each byte or UTF-16 unit. */

const quote = 0x22;
const backslash = 0x5c;
/** 1 for bytes that stand for themselves in a JSON string. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f && byte !== quote && byte !== backslash ? 1 : 0));
const hexDigits = new TextEncoder().encode('0123456789abcdef');

/** The bytes up to the first NUL, or all `size`, as a JSON string. Bytes that are no UTF-8 become U+FFFD. */
export function writeJsonStringFromBytes(out: Uint8Array, at: number, bytes: Uint8Array, start: number, size: number): number {
  const end = start + size;
  let position = at;
  out[position++] = quote;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    if (plain[byte] === 1) out[position++] = byte;
    else if (byte === 0) break;
    else if (byte < 0x80) position = writeEscape(out, position, byte);
    else {
      const decoded = decodeUtf8At(bytes, index, end);
      position = writeCharacter(out, position, decoded >>> 3);
      index += (decoded & 7) - 1;
    }
  }
  out[position] = quote;
  return position + 1;
}

/** A JavaScript string as a JSON string. Lone surrogates become U+FFFD. */
export function writeJsonString(out: Uint8Array, at: number, text: string): number {
  let position = at;
  out[position++] = quote;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x20 && unit < 0x7f && unit !== quote && unit !== backslash) out[position++] = unit;
    else if (unit < 0x80) position = writeEscape(out, position, unit);
    else {
      const codePoint = text.codePointAt(index)!;
      if (codePoint > 0xffff) index++;
      position = writeCharacter(out, position, codePoint >= 0xd800 && codePoint < 0xe000 ? replacementCharacter : codePoint);
    }
  }
  out[position] = quote;
  return position + 1;
}

function writeEscape(out: Uint8Array, at: number, ascii: number): number {
  out[at] = backslash;
  const letter = shortEscape(ascii);
  if (letter === 0) return writeUnicodeEscape(out, at, ascii);
  out[at + 1] = letter;
  return at + 2;
}

function shortEscape(ascii: number): number {
  switch (ascii) {
    case 0x08:
      return 0x62;
    case 0x09:
      return 0x74;
    case 0x0a:
      return 0x6e;
    case 0x0c:
      return 0x66;
    case 0x0d:
      return 0x72;
    case quote:
    case backslash:
      return ascii;
    default:
      return 0;
  }
}

/** JSON allows these as they are; a terminal would obey them (C1 controls, bidirectional overrides, line separators, tags). */
function steersTerminal(codePoint: number): boolean {
  if (codePoint < 0x2000) return codePoint < 0xa0 || codePoint === 0x61c;
  if (codePoint < 0x2070) {
    return (
      codePoint === 0x200e ||
      codePoint === 0x200f ||
      (codePoint >= 0x2028 && codePoint <= 0x202e) ||
      (codePoint >= 0x2066 && codePoint <= 0x2069)
    );
  }
  return codePoint === 0xfeff || (codePoint >= 0xe0000 && codePoint <= 0xe007f);
}

function writeCharacter(out: Uint8Array, at: number, codePoint: number): number {
  if (!steersTerminal(codePoint)) return writeUtf8(out, at, codePoint);
  if (codePoint < 0x10000) return writeUnicodeEscape(out, at, codePoint);
  const offset = codePoint - 0x10000;
  return writeUnicodeEscape(out, writeUnicodeEscape(out, at, 0xd800 | (offset >> 10)), 0xdc00 | (offset & 0x3ff));
}

function writeUnicodeEscape(out: Uint8Array, at: number, unit: number): number {
  out[at] = backslash;
  out[at + 1] = 0x75;
  for (let index = 5, rest = unit; index >= 2; index--, rest >>= 4) out[at + index] = hexDigits[rest & 15]!;
  return at + 6;
}
