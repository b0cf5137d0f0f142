/**
 * Nanoseconds to write one record as JSON: `npx esbuild bench/micro/json-writer.ts --bundle --platform=node --format=esm | node --input-type=module`.
 */
import { JsonOutput } from '../../runtime/outputs/json.ts';
import type { DataSource, Field, FormulaOrigin } from '../../runtime/schema/data-source.ts';
import { type FieldKind, kindSizes } from '../../runtime/schema/kinds.ts';

const recordsPerBatch = 4096;
const encoder = new TextEncoder();

function field(fullName: string, kind: FieldKind, origin: Field['origin'], children: Field[] = []): Field {
  const name = fullName.slice(fullName.lastIndexOf('.') + 1);
  return { name, fullName, kind, origin, children, typeNames: [], annotations: new Map(), tags: new Set(), hidden: false };
}

/** Lays fields out one after the other. */
class Layout {
  size = 0;

  add(fullName: string, kind: FieldKind, size: number = kindSizes[kind]): Field {
    const align = kind === 'string' ? 1 : size;
    const offset = Math.ceil(this.size / align) * align;
    this.size = offset + size;
    return field(fullName, kind, { from: 'record', offset, size });
  }

  group(fullName: string, members: () => Field[]): Field {
    const offset = this.size;
    const children = members();
    return field(fullName, 'struct', { from: 'record', offset, size: this.size - offset }, children);
  }
}

function smallSource(): DataSource {
  const at = new Layout();
  const fields = [
    at.add('timestamp_raw', 'uint64'),
    at.add('mntns_id', 'uint64'),
    at.add('pid', 'uint32'),
    at.add('tid', 'uint32'),
    at.add('uid', 'uint32'),
    at.add('ret', 'int32'),
    at.add('comm', 'string', 16),
    at.add('name', 'string', 52),
  ];
  return source(fields, at.size);
}

function openSource(): DataSource {
  const at = new Layout();
  const parent = () =>
    at.group('proc.parent', () => [
      at.add('proc.parent.comm', 'string', 16),
      at.add('proc.parent.pid', 'uint32'),
      at.add('proc.parent.tid', 'uint32'),
    ]);
  const creds = () => at.group('proc.creds', () => [at.add('proc.creds.uid', 'uint32'), at.add('proc.creds.gid', 'uint32')]);
  const timestamp = at.add('timestamp_raw', 'uint64');
  const proc = at.group('proc', () => [
    at.add('proc.comm', 'string', 16),
    at.add('proc.pid', 'uint32'),
    at.add('proc.tid', 'uint32'),
    at.add('proc.mntns_id', 'uint64'),
    creds(),
    parent(),
  ]);
  const error = at.add('error_raw', 'uint32');
  const rest = [
    at.add('fd', 'uint32'),
    at.add('flags_raw', 'int32'),
    at.add('mode_raw', 'uint32'),
    at.add('fname', 'string', 256),
    at.add('exepath', 'string', 256),
  ];
  const texts = ['', 'ENOENT', 'EACCES'];
  const name: FormulaOrigin = { from: 'formula', inputs: [error], evaluate: (value: number) => texts[value % 3]! };
  const flags: FormulaOrigin = {
    from: 'formula',
    inputs: [rest[1]!],
    evaluate: (value: number) => (value === 0 ? 'O_RDONLY' : 'O_RDONLY|O_CLOEXEC'),
  };
  const computed = [
    field('error', 'string', name),
    field('flags', 'string', flags),
    field('mode', 'string', { ...flags, inputs: [rest[2]!] }),
  ];
  const k8s = ['namespace', 'podName', 'containerName', 'owner'].map((part) =>
    field(`k8s.${part}`, 'string', { from: 'formula', inputs: [proc.children[3]!], evaluate: () => '' }),
  );
  const group = field('k8s', 'struct', { from: 'formula', inputs: [], evaluate: () => null }, k8s);
  return source([timestamp, group, proc, error, ...rest, ...computed], at.size);
}

function source(fields: Field[], recordSize: number): DataSource {
  return { name: 'events', shape: 'single', typeName: 'event', recordSize, fields, annotations: new Map(), tags: new Set() };
}

function batchFor({ recordSize, fields }: DataSource) {
  const bytes = new Uint8Array(recordSize * recordsPerBatch);
  const view = new DataView(bytes.buffer);
  const fill = (all: readonly Field[], base: number, index: number): void => {
    for (const { origin, kind, name, children } of all) {
      if (origin.from === 'formula') continue;
      const at = base + origin.offset;
      if (kind === 'struct') fill(children, base, index);
      else if (kind === 'string')
        bytes.set(encoder.encode(name.endsWith('comm') ? `proc-${index % 7}` : `/usr/lib/x86_64/${name}.so.${index}`), at);
      else if (kind === 'uint64')
        view.setBigUint64(at, name === 'timestamp_raw' ? 1_763_000_000_000_000_000n + BigInt(index) : 4026531841n, true);
      else view.setInt32(at, name === 'ret' ? -2 : index, true);
    }
  };
  for (let index = 0; index < recordsPerBatch; index++) fill(fields, index * recordSize, index);
  const offsets = Uint32Array.from({ length: recordsPerBatch }, (_, index) => index * recordSize);
  return { bytes, view, offsets, lengths: new Uint32Array(recordsPerBatch).fill(recordSize), count: recordsPerBatch };
}

for (const [name, make] of [
  ['100-byte record, 8 fields', smallSource],
  ['open-like record, 28 fields', openSource],
] as const) {
  const dataSource = make();
  const batch = batchFor(dataSource);
  const output = new JsonOutput(dataSource);
  const rounds: number[] = [];
  let size = 0;
  for (let round = 0; round < 60; round++) {
    const start = performance.now();
    size = output.write(batch, undefined, batch.count).length;
    rounds.push(((performance.now() - start) * 1e6) / batch.count);
  }
  const settled = rounds.slice(20).sort((a, b) => a - b);
  console.log(
    `${name}: ${settled[20]!.toFixed(0)} ns a record, ${(size / batch.count).toFixed(0)} bytes of JSON (best ${settled[0]!.toFixed(0)})`,
  );
}
