/**
 * Text for a terminal or log. Names, paths and arguments come from processes that may be hostile: control characters would steer the
 * terminal, bidirectional overrides would show one thing and mean another.
 */

/** C0, DEL, C1; bidi controls; line and paragraph separators; invisible tag characters; byte order mark; lone surrogates. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
const printableAscii = /^[ -~]*$/;
const shortEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** The text with everything that could steer a terminal replaced by visible escapes: `\x1b`, `\n`, `\u{202e}`. */
export function safeText(text: string): string {
  return printableAscii.test(text) ? text : text.replace(unsafe, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  return code < 0x80 ? escapeByte(code) : `\\u{${code.toString(16)}}`;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes as safe text; bytes that are no UTF-8 become `\xNN`. */
export function safeBytes(bytes: Uint8Array): string {
  try {
    return safeText(strict.decode(bytes));
  } catch {
    return safePieces(bytes);
  }
}

/** Valid stretches as text, each byte between them escaped. */
function safePieces(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += safeText(strict.decode(bytes.subarray(start, at))) + escapeByte(bytes[at]!);
    start = ++at;
  }
  return text + safeText(strict.decode(bytes.subarray(start)));
}

/** Bytes of the well-formed UTF-8 sequence at a position (Unicode, table 3-7); 0 for none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1]!;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = 2; index < length; index++) if ((bytes[at + index]! & 0xc0) !== 0x80) return 0;
  return length;
}
