import { safeBytes } from '../base/safe-text.ts';
import type { ByteWriter } from '../schema/byte-writer.ts';
import { type Ellipsis, fitText, textWidth } from './columns-text-width.ts';

/** How a cell is filled. One object a column, bound into generated code. */
export interface CellStyle {
  /** Cells to fill up with spaces; 0 for none (the last column). */
  readonly pad: number;
  /** Most cells a value may take; undefined when values are never cut. */
  readonly cut: number | undefined;
  readonly alignRight: boolean;
  readonly ellipsis: Ellipsis;
}

const space = 0x20;

/** Pads a cell whose bytes `[start, end)` are printable ASCII, in place. */
function padAscii(out: Uint8Array, start: number, end: number, style: CellStyle): number {
  const missing = style.pad - (end - start);
  if (missing <= 0) return end;
  if (style.alignRight) {
    out.copyWithin(start + missing, start, end);
    out.fill(space, start, start + missing);
  } else out.fill(space, end, end + missing);
  return end + missing;
}

/** Finishes a cell whose bytes `[start, end)` are printable ASCII: cut, if it must be, and padded. What is cut shows `…`, numbers too. */
export function finishAscii(out: Uint8Array, start: number, end: number, style: CellStyle): number {
  const { cut } = style;
  if (cut === undefined || end - start <= cut) return padAscii(out, start, end, style);
  const text = Buffer.from(out.buffer, out.byteOffset + start, end - start).toString('latin1');
  return writeFitted(out, start, fitText(text, cut, style.ellipsis), cut, style);
}

/** Writes text that is already safe and cut: UTF-8, then padding. */
function writeFitted(out: Uint8Array, at: number, text: string, width: number, { pad, alignRight }: CellStyle): number {
  const missing = Math.max(0, pad - width);
  if (alignRight) {
    out.fill(space, at, at + missing);
    return encode(out, at + missing, text);
  }
  const end = encode(out, at, text);
  out.fill(space, end, end + missing);
  return end + missing;
}

const encoder = new TextEncoder();

function encode(out: Uint8Array, at: number, text: string): number {
  return at + encoder.encodeInto(text, out.subarray(at)).written;
}

/** Most bytes that a C string of `size` bytes takes as a cell: every byte may become `\xNN`. */
export function cellBytes(size: number, style: CellStyle): number {
  return size * 4 + style.pad + 8;
}

/** Writes a C string out of a record. Printable ASCII, nearly all there is, is copied as it is; the rest goes by way of a string. */
export function writeCString(out: Uint8Array, at: number, bytes: Uint8Array, start: number, size: number, style: CellStyle): number {
  const limit = start + size;
  let end = at;
  for (let index = start; index < limit; index++) {
    const byte = bytes[index]!;
    if (byte === 0) break;
    if (byte < 0x20 || byte > 0x7e) return writeUnsafe(out, at, bytes, start, limit, style);
    out[end++] = byte;
  }
  return finishAscii(out, at, end, style);
}

function writeUnsafe(out: Uint8Array, at: number, bytes: Uint8Array, start: number, limit: number, style: CellStyle): number {
  const nul = bytes.indexOf(0, start);
  return writeFit(out, at, safeBytes(bytes.subarray(start, nul < 0 || nul > limit ? limit : nul)), style);
}

function writeFit(out: Uint8Array, at: number, safe: string, style: CellStyle): number {
  const text = style.cut === undefined ? safe : fitText(safe, style.cut, style.ellipsis);
  return writeFitted(out, at, text, textWidth(text), style);
}

/**
 * Writes text of any length at the writer's position and moves that on; `rest` bytes are free afterwards.
 * The text must be safe.
 */
export function writeSafeText(writer: ByteWriter, safe: string, style: CellStyle, rest: number): void {
  writer.reserve(safe.length * 3 + style.pad + 8 + rest);
  writer.position = writeFit(writer.bytes, writer.position, safe, style);
}
