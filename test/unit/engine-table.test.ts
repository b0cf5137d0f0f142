import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FetchSchedule, Table } from '../../runtime/engine/table.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { SourcePipeline } from '../../runtime/pipeline/source-pipeline.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const dataSource = source([recordField('n', 'uint32', 0)], 'array');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function fetching(schedule: Partial<FetchSchedule>, read?: () => never) {
  const sink = new FakeSink();
  const ends: unknown[] = [];
  let fetches = 0;
  const pipeline = new SourcePipeline({
    dataSource,
    output: new JsonOutput(dataSource),
    isOwn: undefined,
    filter: undefined,
    arrange: undefined,
  });
  const table = new Table({
    pipeline,
    read:
      read ??
      (() =>
        batchOf(
          record(4, (bytes) => bytes.writeUInt32LE(++fetches)),
          new Uint8Array(4),
        )),
    schedule: { intervalMs: 0, count: 0, onStop: false, ...schedule },
    sink,
    onEnd: (error) => ends.push(error),
  });
  table.start();
  return { table, sink, ends, counts: pipeline.counts, fetches: () => fetches };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test.each<[string, Partial<FetchSchedule>, number, number]>([
  ['at its interval', { intervalMs: 100 }, 350, 3],
  ['never by itself', {}, 1000, 0],
  ['once', { count: 1 }, 1000, 1],
])('a table is fetched %s', async (_name, schedule, ms, expected) => {
  const { table, fetches } = fetching(schedule);
  await pass(ms);
  expect(fetches()).toBe(expected);
  table.stop();
  await pass(1000);
  expect(fetches()).toBe(expected);
});

test('a table ends when it was fetched as often as asked', async () => {
  const { ends, sink, table } = fetching({ intervalMs: 100, count: 2 });
  await pass(150);
  expect(ends).toEqual([]);
  await pass(100);
  expect(ends).toEqual([undefined]);
  table.stop();
  expect(sink.taken).toBe('[{"n":1},{"n":0}]\n[{"n":2},{"n":0}]\n');
});

test('a reader slower than the interval gets fewer tables, none twice and none late', async () => {
  const { table, sink, fetches } = fetching({ intervalMs: 100 });
  sink.reads = false;
  await pass(1000);
  expect({ fetches: fetches(), waiting: sink.waiting }).toEqual({ fetches: 1, waiting: 1 });
  sink.take();
  await pass(100);
  expect(fetches()).toBe(2);
  sink.take();
  expect(sink.taken).toBe('[{"n":1},{"n":0}]\n[{"n":2},{"n":0}]\n');
  table.stop();
});

test('the end waits for the table that is being written, and then shows the last one where asked', async () => {
  const { table, sink, counts } = fetching({ intervalMs: 100, onStop: true });
  sink.reads = false;
  await pass(100);
  table.stop();
  const rest = table.drainRest();
  await pass(500);
  expect(sink.waiting).toBe(1);
  sink.reads = true;
  sink.take();
  await rest;
  expect(sink.taken).toBe('[{"n":1},{"n":0}]\n[{"n":2},{"n":0}]\n');
  expect(counts).toMatchObject({ delivered: 4, untaken: 0 });
});

test('a table of which a part was taken was not delivered', async () => {
  const { table, sink, ends, counts } = fetching({ intervalMs: 100 });
  sink.reads = false;
  await pass(100);
  sink.take(9);
  await pass(10);
  expect(ends).toEqual([undefined]);
  table.stop();
  expect(counts).toMatchObject({ delivered: 0, untaken: 2 });
});

test('a table that cannot be read ends the run with why', async () => {
  const gone = new Error('no such map');
  const { table, ends } = fetching({ intervalMs: 100 }, () => {
    throw gone;
  });
  await pass(100);
  expect(ends).toEqual([gone]);
  table.stop();
});
