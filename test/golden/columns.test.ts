import { expect, test } from 'vitest';
import { addFormatters } from '../../runtime/operators/format/add-formatters.ts';
import { type ColumnsOptions, ColumnsOutput } from '../../runtime/outputs/columns.ts';
import { textWidth } from '../../runtime/outputs/columns-text-width.ts';
import { type DataSource, findField } from '../../runtime/schema/data-source.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const host = {
  bootTimeOffsetNs: 1_700_000_000_000_000_000n,
  utc: true,
  architecture: 'amd64',
  userName: () => 'root',
  groupName: () => undefined,
} as const;

function execSource(): DataSource {
  const dataSource = source([
    recordField('timestamp_raw', 'uint64', 0, { types: ['gadget_timestamp'] }),
    recordField('proc', 'struct', 8, {
      size: 24,
      annotations: { 'columns.hidden': 'true' },
      children: [
        recordField('comm', 'string', 8, { size: 16, annotations: { 'columns.alias': 'comm', 'columns.maxwidth': '16' } }),
        recordField('pid', 'uint32', 24, {
          annotations: { 'columns.alias': 'pid', 'columns.minwidth': '7', 'columns.alignment': 'right' },
        }),
      ],
    }),
    recordField('error_raw', 'int32', 32, { types: ['gadget_errno'] }),
    recordField('size', 'uint64', 40),
    recordField('addr', 'pointer', 48),
    recordField('args_size', 'uint32', 56, { hidden: true }),
    recordField('args', 'string', 60, {
      size: 28,
      annotations: { 'formatters.list.separator': 'nul', 'formatters.list.length': 'args_size' },
    }),
  ]);
  addFormatters(dataSource, host);
  return dataSource;
}

function event(comm: string | Uint8Array, pid: number, error: number, args: string): Uint8Array {
  return record(88, (bytes) => {
    bytes.writeBigUInt64LE(5_000_000_007n, 0);
    bytes.set(Buffer.from(comm), 8);
    bytes.writeUInt32LE(pid, 24);
    bytes.writeInt32LE(error, 32);
    bytes.writeBigUInt64LE(2n ** 64n - BigInt(pid), 40);
    bytes.writeBigUInt64LE(0xffffffff81000000n, 48);
    bytes.writeUInt32LE(args.length, 56);
    bytes.write(args, 60);
  });
}

const events = batchOf(
  event('sh', 7, 0, 'ls\0-l\0a b\0'),
  event('sixteen-bytes-xx', 4_194_304, 2, ''),
  event('\x1b[2Jevil', 1, 13, '\x1b[0m\0'),
  event(Uint8Array.of(0xff, 0x61), 12, 0, "it's\0"),
  event('grün日本', 12, 0, ''),
);

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const shown = (dataSource: DataSource, options: ColumnsOptions = {}) =>
  text(new ColumnsOutput(dataSource, options).write(events, undefined, events.count));

test('piped: annotated widths, nothing cut', () => expect(shown(execSource())).toMatchSnapshot());
test.each([120, 80, 60, 20])('on a terminal of %d cells', (columns) => {
  expect(shown(execSource(), { terminal: { columns, rows: 24 } })).toMatchSnapshot();
});
test.each([70, 80, 120, 200])('no line is longer than a terminal of %d cells, all columns line up', (columns) => {
  const lines = shown(execSource(), { terminal: { columns, rows: 24 } })
    .trimEnd()
    .split('\n');
  const widths = lines.map(textWidth);
  expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  const addressAt = lines.slice(1).map((line) => textWidth(line.slice(0, line.indexOf('0xfff'))));
  expect(new Set(addressAt).size).toBe(1);
});
test('piped columns line up, also under numbers of 20 digits', () => {
  const lines = shown(execSource()).trimEnd().split('\n');
  expect(lines.slice(1).map((line) => textWidth(line.slice(0, line.indexOf('0xfff'))))).toEqual(Array(5).fill(lines[0]!.indexOf('ADDR')));
});
test('chosen fields', () => {
  const dataSource = execSource();
  const selectedFields = ['timestamp', 'timestamp_raw', 'proc'].map((name) => findField(dataSource, name)!);
  expect(shown(dataSource, { selectedFields })).toMatchSnapshot();
});
test('the header comes again after a screenful, across batches', () => {
  const dataSource = execSource();
  const output = new ColumnsOutput(dataSource, {
    selectedFields: [findField(dataSource, 'proc.pid')!],
    terminal: { columns: 40, rows: 5 },
  });
  const written = text(output.write(events, undefined, 5)) + text(output.write(events, Uint32Array.of(0, 1), 2));
  expect(written.split('\n').map((line) => line.trim())).toEqual([
    'PID',
    '7',
    '4194304',
    '1',
    'PID',
    '12',
    '12',
    '7',
    'PID',
    '4194304',
    '',
  ]);
});

test('a table is refreshed in place and cut to the screen', () => {
  const table = source([recordField('n', 'uint32', 0)], 'array', 'top');
  const rows = batchOf(...[1, 2, 3, 4, 5, 6].map((value) => record(4, (bytes) => bytes.writeUInt32LE(value, 0))));
  const output = new ColumnsOutput(table, { terminal: { columns: 30, rows: 5 } });
  const writes = [2, 3, 6, 6, 0].map((count) => text(output.write(rows, undefined, count)));
  expect(writes).toMatchSnapshot();
});

test('tables in a pipe follow each other with their headers', () => {
  const table = source([recordField('n', 'uint32', 0)], 'array', 'top');
  const rows = batchOf(record(4, (bytes) => bytes.writeUInt32LE(9, 0)));
  const output = new ColumnsOutput(table);
  expect(text(output.write(rows, undefined, 1)) + text(output.write(rows, undefined, 0))).toBe('N\n9\n\nN\n');
});

test('every kind', () => {
  const annotations = { 'columns.hex': 'true' };
  const kinds = source([
    recordField('i8', 'int8', 0),
    recordField('i16', 'int16', 2, { annotations }),
    recordField('i64', 'int64', 8),
    recordField('x64', 'int64', 8, { annotations }),
    recordField('u64', 'uint64', 16, { annotations }),
    recordField('u128', 'uint128', 16, { size: 16 }),
    recordField('f', 'float64', 32, { annotations: { 'columns.precision': '2' } }),
    recordField('g', 'float32', 40),
    recordField('b', 'bool', 44),
    recordField('raw', 'bytes', 45, { size: 3 }),
    recordField('list', 'list', 48, { size: 8, element: { kind: 'uint16', stride: 2, count: 4, children: [] } }),
  ]);
  const values = batchOf(
    record(56, (bytes) => {
      bytes.writeInt8(-1, 0);
      bytes.writeInt16LE(-255, 2);
      bytes.writeBigInt64LE(-(2n ** 63n), 8);
      bytes.writeBigUInt64LE(2n ** 63n, 16);
      bytes.writeDoubleLE(2 / 3, 32);
      bytes.writeFloatLE(0.5, 40);
      bytes[44] = 1;
      bytes.set([1, 2, 255], 45);
      bytes.writeUInt16LE(443, 48);
    }),
  );
  expect(text(new ColumnsOutput(kinds).write(values, undefined, 1))).toMatchSnapshot();
});

test('histograms as text', () => {
  const slots = recordField('latency', 'list', 4, {
    size: 24,
    types: ['gadget_histogram_slot__u32', '__u32'],
    element: { kind: 'uint32', stride: 4, count: 6, children: [] },
    annotations: { 'metrics.unit': 'µs' },
  });
  const dataSource = source([recordField('dev', 'uint32', 0), slots], 'array', 'blockio');
  const row = (counts: number[]) =>
    record(28, (bytes) => {
      bytes.writeUInt32LE(8, 0);
      for (const [index, count] of counts.entries()) bytes.writeUInt32LE(count, 4 + index * 4);
    });
  const batch = batchOf(row([0, 3, 120, 1000, 1]), row([]));
  expect(text(new ColumnsOutput(dataSource).write(batch, undefined, 2))).toMatchSnapshot();
});

test('names of fields steer no terminal', () => {
  const dataSource = source([recordField('a\x1b[2J\u202e', 'uint8', 0)]);
  expect(text(new ColumnsOutput(dataSource).write(batchOf(Uint8Array.of(1)), undefined, 1))).not.toMatch(/\x1b|\u202e/);
});
