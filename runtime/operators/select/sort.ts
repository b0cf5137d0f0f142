import { UsageError } from '../../base/errors.ts';
import type { RecordBatch } from '../../pipeline/record-batch.ts';
import { type Comparer, compileComparer, type SortKey } from '../../schema/codegen.ts';
import { type DataSource, findField } from '../../schema/data-source.ts';
import { knownField } from './fields.ts';

/**
 * Reads `--sort a,-b` for one data source. USAGE for one that delivers single events: those come when they come; UNKNOWN_FIELD with a suggestion.
 */
export function parseSort(text: string, dataSource: DataSource): SortKey[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '-');
  if (names.length > 0 && dataSource.shape !== 'array') {
    throw new UsageError('USAGE', `--sort: ${dataSource.name} delivers single events, which cannot be sorted`, {
      context: { dataSource: dataSource.name },
      hint: 'only tables can be sorted: snapshots and the contents of maps',
    });
  }
  return names.map((name) => {
    const descending = name.startsWith('-');
    const field = knownField(dataSource, descending ? name.slice(1) : name);
    const replaced = field.kind === 'struct' ? field.annotations.get('columns.replace') : undefined;
    return { field: (replaced !== undefined && findField(dataSource, replaced)) || field, descending };
  });
}

/** Orders or shortens the chosen records of a table in place; returns how many remain. */
export type ArrangeRecords = (batch: RecordBatch, selection: Uint32Array, count: number) => number;

/**
 * Sorts a table and keeps its first records. Equal ones stay in their order. When few of many are kept, only those are ever sorted.
 * Undefined when there is nothing to do; `maxEntries` undefined keeps all.
 */
export function compileArrange(keys: readonly SortKey[], maxEntries: number | undefined): ArrangeRecords | undefined {
  if (keys.length === 0) {
    return maxEntries === undefined ? undefined : (_batch, _selection, count) => Math.min(count, maxEntries);
  }
  const compare = compileComparer(keys);
  return (batch, selection, count) => {
    const kept = Math.min(count, maxEntries ?? count);
    if (kept * fewestOfMany < count) selectFirst(compare, batch, selection, count, kept);
    else sortAll(compare, batch, selection, count);
    return kept;
  };
}

/** From a table that many times larger than what is kept, selecting is faster than sorting all of it. */
const fewestOfMany = 4;

function sortAll(compare: Comparer, batch: RecordBatch, selection: Uint32Array, count: number): void {
  selection.subarray(0, count).sort((a, b) => compare(batch, a, batch, b) || a - b);
}

/**
 * Moves the first `kept` records to the front, in order: a heap whose root is the last of those kept so far, so that most records cost
 * one comparison.
 */
function selectFirst(compare: Comparer, batch: RecordBatch, selection: Uint32Array, count: number, kept: number): void {
  if (kept === 0) return;
  const comesBefore = (a: number, b: number) => (compare(batch, a, batch, b) || a - b) < 0;
  const heap = selection.slice(0, kept);
  for (let parent = (kept >> 1) - 1; parent >= 0; parent--) sink(heap, parent, comesBefore);
  for (let index = kept; index < count; index++) {
    const record = selection[index]!;
    if (!comesBefore(record, heap[0]!)) continue;
    heap[0] = record;
    sink(heap, 0, comesBefore);
  }
  selection.set(heap);
  sortAll(compare, batch, selection, kept);
}

function sink(heap: Uint32Array, start: number, comesBefore: (a: number, b: number) => boolean): void {
  const record = heap[start]!;
  let at = start;
  for (let child = at * 2 + 1; child < heap.length; child = at * 2 + 1) {
    if (child + 1 < heap.length && comesBefore(heap[child]!, heap[child + 1]!)) child++;
    if (!comesBefore(record, heap[child]!)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = record;
}
