import { type ByteWriter, writeAsciiLiteral, writeFloat, writeHexBytes, writeJsonString } from '../schema/byte-writer.ts';
import type { Value } from '../schema/data-source.ts';

type Members = { readonly [member: string]: Value };

/** Writes any value as JSON, making room for it. Bytes are hexadecimal text; bigints are integers, or hexadecimal text if asked for. */
export function writeJsonValue(writer: ByteWriter, value: Value, bigintsAsHex: boolean): void {
  if (typeof value === 'string') {
    writer.reserve(6 * value.length + 2);
    writer.position = writeJsonString(writer.bytes, writer.position, value);
  } else if (typeof value === 'number') {
    writer.reserve(25);
    writer.position = writeFloat(writer.bytes, writer.position, value);
  } else if (typeof value === 'bigint') {
    writeText(writer, bigintsAsHex ? `"0x${BigInt.asUintN(128, value).toString(16)}"` : String(value));
  } else if (typeof value !== 'object' || value === null) writeText(writer, String(value ?? null));
  else if (value instanceof Uint8Array) writeHexText(writer, value);
  else if (isList(value)) writeList(writer, value, bigintsAsHex);
  else writeObject(writer, value, bigintsAsHex);
}

function isList(value: readonly Value[] | Members): value is readonly Value[] {
  return Array.isArray(value);
}

function writeText(writer: ByteWriter, text: string): void {
  writer.reserve(text.length);
  writer.position = writeAsciiLiteral(writer.bytes, writer.position, text);
}

function writeHexText(writer: ByteWriter, value: Uint8Array): void {
  writer.reserve(2 * value.length + 2);
  const { bytes } = writer;
  const end = writeHexBytes(bytes, writeAsciiLiteral(bytes, writer.position, '"'), value, 0, value.length);
  writer.position = writeAsciiLiteral(bytes, end, '"');
}

function writeList(writer: ByteWriter, values: readonly Value[], bigintsAsHex: boolean): void {
  writeText(writer, '[');
  for (let index = 0; index < values.length; index++) {
    if (index > 0) writeText(writer, ',');
    writeJsonValue(writer, values[index]!, bigintsAsHex);
  }
  writeText(writer, ']');
}

function writeObject(writer: ByteWriter, value: Members, bigintsAsHex: boolean): void {
  writeText(writer, '{');
  let first = true;
  for (const [name, member] of Object.entries(value)) {
    if (!first) writeText(writer, ',');
    first = false;
    writeJsonValue(writer, name, false);
    writeText(writer, ':');
    writeJsonValue(writer, member, bigintsAsHex);
  }
  writeText(writer, '}');
}
