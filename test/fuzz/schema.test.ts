import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import type { Btf } from '../../runtime/btf/btf.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { compileComparer, compileDecoder } from '../../runtime/schema/codegen.ts';
import { type DataSource, walkFields } from '../../runtime/schema/data-source.ts';
import { dataSourceFromKeyValue, dataSourceFromStruct } from '../../runtime/schema/from-struct.ts';
import { damaged } from '../support/damaged-bytes.ts';
import { batchOf } from '../support/records.ts';

const btf = new Uint8Array(readFileSync(join(import.meta.dirname, '../golden/json/event.btf')));
/** Larger records are described, but not written out. */
const writtenBytes = 64 * 1024;

/** Every struct as a data source, each also as key and value of a map; nothing for one that is refused with a code. */
function* sources(parsed: Btf): Generator<DataSource> {
  for (const id of [...parsed.ofKind('struct'), ...parsed.ofKind('union'), ...parsed.ofKind('array')]) {
    yield* made(() => dataSourceFromStruct(parsed, id, { name: 'events', shape: 'single' }));
    yield* made(() => dataSourceFromKeyValue(parsed, id, id, { name: 'entries' }));
  }
}

function* made<T>(make: () => T): Generator<T> {
  try {
    yield make();
  } catch (error) {
    if (!(error instanceof GadgetError)) throw error;
    expect(['SCHEMA_UNSUPPORTED', 'BTF_INVALID']).toContain(error.code);
  }
}

/** Everything that is generated from a data source reads within the record. */
function readable(source: DataSource): void {
  if (source.recordSize > writtenBytes) return;
  const batch = batchOf(new Uint8Array(source.recordSize).fill(0xa5), new Uint8Array(source.recordSize));
  const lines = new TextDecoder()
    .decode(new JsonOutput(source).write(batch, undefined, 2))
    .trimEnd()
    .split('\n');
  const names = source.fields.map((field) => field.name);
  expect(Object.keys([JSON.parse(lines[0]!)].flat()[0]).sort()).toEqual([...names].sort());
  expect(Object.keys(compileDecoder(source)(batch, 1)).sort()).toEqual([...names].sort());
  const keys = [...walkFields(source.fields)].map((field) => ({ field, descending: false }));
  expect(compileComparer(keys)(batch, 0, batch, 0)).toBe(0);
}

test('damaged BTF gives data sources whose generated code works, or a typed error, soon', () => {
  const property = (bytes: Uint8Array) => {
    const start = performance.now();
    for (const parsed of made(() => parseBtf(bytes))) for (const source of sources(parsed)) readable(source);
    expect(performance.now() - start).toBeLessThan(5000);
  };
  property(btf);
  fc.assert(fc.property(damaged(btf), property), { numRuns: 300 });
});
