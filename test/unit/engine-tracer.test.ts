import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Tracer } from '../../runtime/engine/tracer.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { SourcePipeline } from '../../runtime/pipeline/source-pipeline.ts';
import { FakeBuffer } from '../support/fake-kernel.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { record, recordField, source } from '../support/fields.ts';

const dataSource = source([recordField('n', 'uint32', 0)]);
const numbered = (n: number) => record(4, (bytes) => bytes.writeUInt32LE(n));
const line = (n: number) => `{"n":${n}}\n`;
/** Longer than the longest wait between two drains. */
const aWhile = () => new Promise((done) => setTimeout(done, 40));

function tracing(options: { limit?: number; odd?: boolean; own?: number } = {}) {
  const buffer = new FakeBuffer();
  const sink = new FakeSink();
  const ends: unknown[] = [];
  const pipeline = new SourcePipeline({
    dataSource,
    output: new JsonOutput(dataSource),
    isOwn: options.own === undefined ? undefined : (batch, index) => batch.view.getUint32(batch.offsets[index]!, true) === options.own,
    filter: options.odd ? (batch, index) => batch.view.getUint32(batch.offsets[index]!, true) % 2 === 1 : undefined,
    arrange: undefined,
  });
  const budget = { left: options.limit ?? Number.POSITIVE_INFINITY };
  const tracer = new Tracer({ pipeline, buffer, lost: () => buffer.lost, sink, budget, onEnd: (error) => ends.push(error) });
  tracer.start();
  return { tracer, buffer, sink, ends, counts: pipeline.counts };
}

describe('a tracer', () => {
  test('writes what it is woken for, and sleeps again when nothing more comes', async () => {
    const { tracer, buffer, sink, ends } = tracing();
    expect(buffer.armed).toBe(true);
    buffer.submit(numbered(1), numbered(2));
    expect(sink.taken).toBe(line(1) + line(2));
    expect(buffer.armed).toBe(false);
    await aWhile();
    await aWhile();
    expect(buffer.armed).toBe(true);
    expect(ends).toEqual([]);
    tracer.stop();
    expect(buffer.armed).toBe(false);
  });

  test('gives memory back after every drain, also one that found nothing', async () => {
    const { tracer, buffer } = tracing();
    buffer.submit(numbered(1));
    await aWhile();
    await aWhile();
    tracer.stop();
    expect(buffer.drains).toBeGreaterThan(1);
    expect(buffer.released).toBe(buffer.drains);
  });

  test('takes nothing more from the kernel while its reader is slow', async () => {
    const { tracer, buffer, sink } = tracing();
    sink.reads = false;
    buffer.submit(numbered(1));
    buffer.submit(numbered(2));
    await aWhile();
    expect({ waiting: sink.waiting, left: buffer.waiting }).toEqual({ waiting: 1, left: 1 });
    sink.reads = true;
    sink.take();
    await aWhile();
    expect(sink.taken).toBe(line(1) + line(2));
    tracer.stop();
  });

  test('that was stopped drains no more', async () => {
    const { tracer, buffer, sink } = tracing();
    buffer.submit(numbered(1));
    tracer.stop();
    buffer.submit(numbered(2));
    await aWhile();
    expect(sink.taken).toBe(line(1));
  });

  const full = new Error('disk full');
  test.each([
    ['at once', false],
    ['later', true],
  ])('ends with the error of a sink that fails %s', async (_name, later) => {
    const { tracer, buffer, sink, ends } = tracing();
    if (later) sink.reads = false;
    else
      sink.write = () => {
        throw full;
      };
    buffer.submit(numbered(1));
    sink.fail(full);
    await aWhile();
    expect(ends).toEqual([full]);
    tracer.stop();
  });

  test('ends when its reader goes away', async () => {
    const { tracer, buffer, sink, ends, counts } = tracing();
    sink.reads = false;
    buffer.submit(...[1, 2, 3].map(numbered));
    sink.take(line(1).length + 3);
    await aWhile();
    expect(ends).toEqual([undefined]);
    buffer.submit(numbered(4));
    tracer.stop();
    await tracer.drainRest();
    expect(counts).toMatchObject({ delivered: 1, untaken: 3, cut: 0 });
  });

  test('ends after the last record of -n, and counts what came after it', async () => {
    const { tracer, buffer, sink, ends, counts } = tracing({ limit: 2, odd: true, own: 5 });
    buffer.submit(...[1, 2, 5, 7, 8, 9].map(numbered));
    expect(ends).toEqual([undefined]);
    tracer.stop();
    buffer.submit(numbered(11));
    await tracer.drainRest();
    expect(sink.taken).toBe(line(1) + line(7));
    expect(counts).toMatchObject({ delivered: 2, filtered: 1, own: 1, cut: 3, untaken: 0 });
  });

  test('writes at the end what is still there', async () => {
    const { tracer, buffer, sink, counts } = tracing();
    sink.reads = false;
    buffer.submit(numbered(1));
    buffer.submit(...Array.from({ length: 20_000 }, (_, n) => numbered(n)));
    tracer.stop();
    buffer.lost = 7;
    const rest = tracer.drainRest();
    sink.reads = true;
    sink.take();
    await rest;
    expect(sink.taken.split('\n').length - 1).toBe(20_001);
    expect(counts).toMatchObject({ delivered: 20_001, lost: 7, untaken: 0 });
  });

  test('counts at the end what a reader that was given up did not take', async () => {
    const { tracer, buffer, sink, counts } = tracing();
    sink.reads = false;
    buffer.submit(...[1, 2].map(numbered));
    buffer.submit(...[3, 4, 5].map(numbered));
    tracer.stop();
    const rest = tracer.drainRest();
    sink.giveUp();
    await rest;
    expect(counts).toMatchObject({ delivered: 0, untaken: 5 });
    expect(counts.lost).toBeUndefined();
  });
});

/** What happens beside a tracer, in any order. */
const happening = fc.oneof(
  fc.record({ submit: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ waitMs: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ reads: fc.boolean() }),
  fc.record({ leavesAfter: fc.integer({ min: 0, max: 200 }) }),
);

test('submitted = delivered + filtered + own + cut + untaken, and delivered is what was taken, whatever happens', async () => {
  vi.useFakeTimers();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 30 }),
        fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
        fc.boolean(),
        async (happenings, limit, givenUp) => {
          const { tracer, buffer, sink, ends, counts } = tracing({ odd: true, own: 7, ...(limit === undefined ? {} : { limit }) });
          let submitted = 0;
          for (const { submit, waitMs, reads, leavesAfter } of happenings as Partial<
            Record<'submit' | 'waitMs' | 'leavesAfter', number> & { reads: boolean }
          >[]) {
            if (submit !== undefined) buffer.submit(...Array.from({ length: submit }, () => numbered(submitted++)));
            if (waitMs !== undefined) await vi.advanceTimersByTimeAsync(waitMs);
            if (reads !== undefined) sink.reads = reads;
            if (reads) sink.take();
            // Only who is being written to can leave in the middle.
            if (leavesAfter !== undefined && sink.waiting > 0) sink.take(leavesAfter);
          }
          tracer.stop();
          const rest = tracer.drainRest();
          if (givenUp) sink.giveUp();
          else {
            sink.reads = true;
            sink.take();
          }
          await vi.advanceTimersByTimeAsync(10);
          await rest;
          const { delivered, filtered, own, cut, untaken } = counts;
          expect(delivered + filtered + own + cut + untaken).toBe(submitted);
          expect(sink.taken.split('\n').length - 1).toBe(delivered);
          expect(delivered).toBeLessThanOrEqual(limit ?? submitted);
          expect(ends.every((error) => error === undefined)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  } finally {
    vi.useRealTimers();
  }
});
