import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import { type RunSummary, runGadget } from '../../runtime/engine/run.ts';
import type { BpfMap } from '../../runtime/kernel/types.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { FakeBuffer, FakeKernel } from '../support/fake-kernel.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { record, recordField, source } from '../support/fields.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';

const dataSource = source([recordField('n', 'uint32', 0)]);
const numbered = (n: number) => record(4, (bytes) => bytes.writeUInt32LE(n));
const spec = gadgetSpec({
  sources: [{ dataSource, origin: { kind: 'tracer', map: 'events', lostSamplesMap: 'lost' } }],
  programs: [{ name: 'probe', section: '', kind: 'tracepoint', target: 'a/b', disabled: false, optional: false, alternatives: [] }],
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function running(maxRecords?: number) {
  const buffer = new FakeBuffer();
  const sink = new FakeSink();
  const controller = new AbortController();
  const diagnostics: Diagnostic[] = [];
  const losses = { count: 0n };
  const map = (name: string, more: Partial<BpfMap>) =>
    ({ name, type: 27, setType() {}, setMaxEntries() {}, ...more }) as Partial<BpfMap> as BpfMap;
  const lost = map('lost', { lookup: () => new Uint8Array(BigUint64Array.of(losses.count).buffer) });
  const kernel = new FakeKernel({ programs: ['probe'], maps: [map('events', { maxEntries: 65_536 }), lost], buffer });
  const outcome: { summary?: RunSummary; error?: unknown; endedAt?: number } = {};
  const run = runGadget({
    spec,
    kernel,
    params: new Map(),
    bufferBytes: 65_536,
    showOwn: true,
    maxRecords,
    signal: controller.signal,
    sources: new Map([['events', { filter: undefined, arrange: undefined, schedule: { intervalMs: 0, count: 0, onStop: false } }]]),
    outputs: { create: () => new JsonOutput(dataSource) },
    sink,
    report: (diagnostic) => diagnostics.push(diagnostic),
  });
  const ended = run
    .then(
      (summary) => Object.assign(outcome, { summary }),
      (error) => Object.assign(outcome, { error }),
    )
    .then(() => Object.assign(outcome, { endedAt: performance.now() }));
  return { buffer, sink, kernel, controller, diagnostics, losses, outcome, ended, counts: () => outcome.summary?.sources[0]?.counts };
}

describe('a run', () => {
  test('says once a second what was lost, and no more when nothing is', async () => {
    const { controller, diagnostics, losses, ended, counts } = running();
    for (const add of [5n, 0n, 7n]) {
      losses.count += add;
      await pass(1000);
    }
    expect(diagnostics.map(({ severity, message }) => [severity, message.match(/lost (\d+)/)?.[1]])).toEqual([
      ['warning', '5'],
      ['warning', '7'],
    ]);
    losses.count += 3n;
    controller.abort();
    await ended;
    expect(counts()).toMatchObject({ lost: 15, delivered: 0 });
  });

  test('that is told to end gives up a reader that stands still', async () => {
    const { buffer, sink, kernel, controller, ended, outcome, counts } = running();
    sink.reads = false;
    await pass(1);
    buffer.submit(numbered(1));
    buffer.submit(numbered(2), numbered(3));
    await pass(500);
    expect(kernel.attached).toEqual(['probe']);
    const start = performance.now();
    controller.abort();
    await pass(1000);
    await ended;
    expect(outcome.endedAt! - start).toBeLessThan(200);
    expect(counts()).toMatchObject({ delivered: 0, untaken: 3 });
    expect({ attached: kernel.attached, open: kernel.open }).toEqual({ attached: [], open: 0 });
  });

  test('that ends by itself waits for its reader, and detaches before', async () => {
    const { buffer, sink, kernel, ended, outcome, counts } = running(2);
    sink.reads = false;
    await pass(1);
    buffer.submit(...[1, 2, 3].map(numbered));
    await pass(10_000);
    expect({ attached: kernel.attached, summary: outcome.summary }).toEqual({ attached: [], summary: undefined });
    sink.take();
    await ended;
    expect(sink.taken).toBe('{"n":1}\n{"n":2}\n');
    expect(counts()).toMatchObject({ delivered: 2, cut: 1, untaken: 0 });
  });

  test('that waits for its reader can still be told to end', async () => {
    const { buffer, sink, controller, ended, outcome, counts } = running(2);
    sink.reads = false;
    await pass(1);
    buffer.submit(...[1, 2, 3].map(numbered));
    await pass(5000);
    const start = performance.now();
    controller.abort();
    await pass(1000);
    await ended;
    expect(outcome.endedAt! - start).toBeLessThan(200);
    expect(counts()).toMatchObject({ delivered: 0, untaken: 2, cut: 1 });
  });

  test('ends when its reader has left, though nothing happens', async () => {
    const { sink, kernel, ended, outcome } = running();
    await pass(2500);
    expect(outcome).toEqual({});
    sink.left = true;
    await pass(1000);
    await ended;
    expect(outcome.error).toBeUndefined();
    expect(kernel.open).toBe(0);
  });

  test('ends with the error of its sink and leaves nothing', async () => {
    const { buffer, sink, kernel, ended, outcome } = running();
    const full = new Error('disk full');
    sink.reads = false;
    await pass(1);
    buffer.submit(numbered(1));
    sink.fail(full);
    await ended;
    expect(outcome.error).toBe(full);
    expect({ attached: kernel.attached, open: kernel.open }).toEqual({ attached: [], open: 0 });
  });

  test('whose signal came before it began ends at once', async () => {
    const { controller, ended, counts, kernel } = running();
    controller.abort();
    await ended;
    expect(counts()).toMatchObject({ delivered: 0, lost: 0 });
    expect(kernel.open).toBe(0);
  });
});
