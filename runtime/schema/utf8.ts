/** UTF-8 by hand, for loops that may not make a string: WHATWG's rules, so that bytes and `TextDecoder` give the same characters. */

export const replacementCharacter = 0xfffd;

/**
 * The character at a position, and how many bytes it has, as `codePoint * 8 + length`. What is no UTF-8 (Unicode, table 3-7) is U+FFFD
 * with the length of the longest prefix of a well-formed sequence.
 */
export function decodeUtf8At(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return lead * 8 + 1;
  if (lead < 0xc2 || lead > 0xf4) return replacementCharacter * 8 + 1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let codePoint = lead & (0x7f >> length);
  for (let index = 1; index < length; index++) {
    const byte = at + index < end ? bytes[at + index]! : 0;
    const wellFormed = index === 1 ? byte >= lowestSecond(lead) && byte <= highestSecond(lead) : (byte & 0xc0) === 0x80;
    if (!wellFormed) return replacementCharacter * 8 + index;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  return codePoint * 8 + length;
}

function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}

/** The UTF-8 bytes of a character that is no surrogate. */
export function writeUtf8(out: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    out[at] = codePoint;
    return at + 1;
  }
  if (codePoint < 0x800) {
    out[at] = 0xc0 | (codePoint >> 6);
    out[at + 1] = 0x80 | (codePoint & 0x3f);
    return at + 2;
  }
  if (codePoint < 0x10000) {
    out[at] = 0xe0 | (codePoint >> 12);
    out[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f);
    out[at + 2] = 0x80 | (codePoint & 0x3f);
    return at + 3;
  }
  out[at] = 0xf0 | (codePoint >> 18);
  out[at + 1] = 0x80 | ((codePoint >> 12) & 0x3f);
  out[at + 2] = 0x80 | ((codePoint >> 6) & 0x3f);
  out[at + 3] = 0x80 | (codePoint & 0x3f);
  return at + 4;
}
