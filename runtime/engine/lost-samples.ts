import type { BpfMap, RecordBuffer } from '../kernel/types.ts';

/** Reads how many records of a source were lost in the kernel so far; undefined where nobody counts. */
export type LostCounter = () => number | undefined;

/**
 * The counter map of buffer.h (a per-CPU array of one u64) and what the kernel says of a perf buffer, added up.
 * Neither there: the loss cannot be known.
 */
export function lostCounter(buffer: RecordBuffer, counters: BpfMap | undefined): LostCounter {
  const key = new Uint8Array(4);
  return () => {
    const ofBuffer = buffer.lost;
    if (counters === undefined) return ofBuffer;
    const values = counters.lookup(key);
    return sumOfCounters(values) + (ofBuffer ?? 0);
  };
}

/** One u64 per possible CPU. */
function sumOfCounters(values: Uint8Array | undefined): number {
  if (values === undefined) return 0;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let sum = 0n;
  for (let at = 0; at + 8 <= values.byteLength; at += 8) sum += view.getBigUint64(at, true);
  return Number(sum);
}
