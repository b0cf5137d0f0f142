import { expect, test } from 'vitest';
import { lostCounter } from '../../runtime/engine/lost-samples.ts';
import type { BpfMap } from '../../runtime/kernel/types.ts';
import { FakeBuffer } from '../support/fake-kernel.ts';

/** A per-CPU counter. */
const counters = (...values: readonly bigint[]) =>
  ({ lookup: () => new Uint8Array(BigUint64Array.from(values).buffer) }) as Partial<BpfMap> as BpfMap;
const empty = { lookup: () => undefined } as Partial<BpfMap> as BpfMap;

test.each([
  ['nobody counts', undefined, undefined, undefined],
  ['the program counts on each CPU', undefined, counters(3n, 0n, 4n), 7],
  ['the program counts more than 32 bits hold', undefined, counters(2n ** 32n, 2n ** 40n), 2 ** 32 + 2 ** 40],
  ['the kernel counts for a perf buffer', 5, undefined, 5],
  ['both count', 5, counters(1n, 1n), 7],
  ['nothing was counted yet', undefined, counters(0n), 0],
  ['the counter has no entry', undefined, empty, 0],
])('lost records when %s', (_name, lost, map, expected) => {
  const buffer = new FakeBuffer();
  buffer.lost = lost;
  expect(lostCounter(buffer, map)()).toBe(expected);
});
