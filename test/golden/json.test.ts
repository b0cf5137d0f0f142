import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { addFormatters } from '../../runtime/operators/format/add-formatters.ts';
import type { FormatHost } from '../../runtime/operators/format/host.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { YamlOutput } from '../../runtime/outputs/yaml.ts';
import { findField } from '../../runtime/schema/data-source.ts';
import { dataSourceFromStruct } from '../../runtime/schema/from-struct.ts';
import { batchOf, recordOf } from '../support/records.ts';

const btf = parseBtf(new Uint8Array(readFileSync(join(import.meta.dirname, 'json/event.btf'))));
const host: FormatHost = {
  bootTimeOffsetNs: 1_700_000_000_000_000_000n,
  utc: true,
  architecture: 'amd64',
  userName: () => undefined,
  groupName: () => undefined,
};

function eventSource() {
  return dataSourceFromStruct(btf, btf.find('event', 'struct')!, { name: 'events', shape: 'single' });
}

const raw = eventSource();
const source = eventSource();
addFormatters(source, host);

/** Where a field's bytes are. */
function at(name: string): number {
  const origin = findField(raw, name)?.origin;
  if (origin?.from !== 'record') throw new Error(`no field ${name} in the record`);
  return origin.offset;
}

const full = recordOf(raw.recordSize, (view, bytes) => {
  view.setBigUint64(at('timestamp_raw'), 12_345_678_901_234n, true);
  view.setBigUint64(at('mntns_id'), 4_026_531_841n, true);
  bytes.set(new TextEncoder().encode('k\u00fcche "\u001b['), at('proc.comm'));
  view.setUint32(at('proc.pid'), 4242, true);
  bytes.set([192, 0, 2, 7], at('src.addr_raw'));
  view.setUint16(at('src.port'), 443, true);
  view.setUint16(at('src.proto_raw'), 6, true);
  bytes[at('src.version')] = 4;
  view.setUint32(at('error_raw'), 2, true);
  view.setUint32(at('action_raw'), 4, true);
  view.setUint32(at('flags_raw'), 9, true);
  view.setBigUint64(at('size_raw'), 2n ** 64n - 1n, true);
  view.setBigUint64(at('address'), 0xffff888012345678n, true);
  view.setBigUint64(at('wide'), 2n ** 53n + 1n, true);
  bytes.set([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0], at('points'));
  bytes.set([0xde, 0xad, 0xbe, 0xef], at('hash'));
  for (const index of [0, 1, 2, 3]) view.setInt32(at('matrix') + 4 * index, -index, true);
  view.setUint32(at('urgent'), 0b1011 | (0xabc << 8), true);
  bytes[at('done')] = 1;
  bytes.set([0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xff, 0xe2, 0x80, 0xae], at('path'));
});
const batch = batchOf(full, new Uint8Array(raw.recordSize));
const text = (output: { write: JsonOutput['write'] }) =>
  new TextDecoder('utf-8', { fatal: true }).decode(output.write(batch, undefined, 2));

// After a wanted change: npx vitest run test/golden -u, and read the difference.
test.each([
  ['lines', 'event.lines.txt', new JsonOutput(source)],
  ['raw lines', 'event.raw.txt', new JsonOutput(raw)],
  ['a table', 'event.table.txt', new JsonOutput({ ...source, shape: 'array' })],
  ['indented', 'event.pretty.txt', new JsonOutput(source, { pretty: true })],
  ['yaml', 'event.yaml.txt', new YamlOutput(source)],
])('an event of every shape: %s', async (_name, file, output) => {
  await expect(text(output)).toMatchFileSnapshot(`json/${file}`);
});

test('64-bit values are exact', () => {
  expect(text(new JsonOutput(raw))).toContain('"wide":9007199254740993,');
});
