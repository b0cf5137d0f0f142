import { BTF_HEADER_SIZE, extraBytes, kindsByNumber, readBtfHeader, TYPE_BYTES } from '../../btf/format.ts';
import { parseBtf } from '../../btf/parse.ts';

/** A data section's variables take this many bytes each. */
const variableBytes = 12;

/**
 * BTF in which the data section `target` also has the variables of `others`, which keep their ids and have none any more. When there is no
 * `target`, the first of the others becomes it. Throws BTF_INVALID.
 */
export function mergeMapTypes(bytes: Uint8Array, target: string, others: readonly string[]): Uint8Array {
  const btf = parseBtf(bytes);
  const sections = new Map([...btf.ofKind('data_section')].map((id) => [btf.nameOf(id), id]));
  const keptName = sections.has(target) ? target : others.find((name) => sections.has(name));
  const kept = sections.get(keptName ?? '');
  if (kept === undefined) return bytes;
  const emptied = new Set(others.filter((name) => name !== keptName).flatMap((name) => sections.get(name) ?? []));
  const { header, records, strings } = split(bytes);
  const moved = records.flatMap((record, at) => (emptied.has(at + 1) ? [record.subarray(TYPE_BYTES)] : []));
  const all = records.map((record, at) => {
    if (emptied.has(at + 1)) return withVariables(record.subarray(0, TYPE_BYTES), 0);
    if (at + 1 !== kept) return record;
    const joined = Buffer.concat([record, ...moved]);
    const named = withVariables(joined, (joined.length - TYPE_BYTES) / variableBytes);
    if (keptName !== target) named.writeUInt32LE(strings.length, 0);
    return named;
  });
  return join(header, Buffer.concat(all), keptName === target ? strings : Buffer.concat([strings, Buffer.from(`${target}\0`)]));
}

function split(bytes: Uint8Array): { header: Buffer; records: Buffer[]; strings: Buffer } {
  const { typesAt, typesSize, stringsAt, stringsSize } = readBtfHeader(bytes);
  const file = Buffer.from(bytes);
  const records: Buffer[] = [];
  for (let at = typesAt; at < typesAt + typesSize; ) {
    const info = file.readUInt32LE(at + 4);
    const { fixed, each } = extraBytes[(info >>> 24) & 0x1f]!;
    const end = at + TYPE_BYTES + fixed + each * (info & 0xffff);
    records.push(file.subarray(at, end));
    at = end;
  }
  return { header: file.subarray(0, BTF_HEADER_SIZE), records, strings: file.subarray(stringsAt, stringsAt + stringsSize) };
}

function withVariables(record: Buffer, count: number): Buffer {
  const copy = Buffer.from(record);
  copy.writeUInt32LE(((kindsByNumber.indexOf('data_section') << 24) | count) >>> 0, 4);
  return copy;
}

/** Types come right behind the header, strings right behind the types. */
function join(header: Buffer, types: Buffer, strings: Buffer): Buffer {
  const copy = Buffer.from(header);
  for (const [place, value] of [BTF_HEADER_SIZE, 0, types.length, types.length, strings.length].entries())
    copy.writeUInt32LE(value, 4 + place * 4);
  return Buffer.concat([copy, types, strings]);
}
