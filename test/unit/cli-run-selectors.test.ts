import { describe, expect, test } from 'vitest';
import type { RunFlags } from '../../runtime/cli/commands/run/flags.ts';
import { selectorsFor } from '../../runtime/cli/commands/run/selectors.ts';
import { emptyMetadata } from '../../runtime/gadget/metadata-parse.ts';
import { record, recordField, source } from '../support/fields.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';
import { batchOf } from '../support/records.ts';
import { runFlags } from '../support/run-flags.ts';

const fields = () => [recordField('pid', 'uint32', 0), recordField('size', 'uint32', 4)];
const events = source(fields(), 'single', 'events');
const table = source(fields(), 'array', 'table');
const rows = [
  [1, 30],
  [2, 10],
  [3, 20],
] as const;
const batch = batchOf(
  ...rows.map(([pid, size]) =>
    record(8, (bytes) => {
      bytes.writeUInt32LE(pid, 0);
      bytes.writeUInt32LE(size, 4);
    }),
  ),
);

/** Pids of the records that are shown, in their order. */
function shown(
  dataSource: typeof events,
  given: Partial<RunFlags>,
  names = [dataSource.name],
  paramDefaults: Record<string, string> = {},
): number[] {
  const spec = gadgetSpec({ metadata: { ...emptyMetadata('sample'), paramDefaults: new Map(Object.entries(paramDefaults)) } });
  const { filter, arrange } = selectorsFor(dataSource, runFlags(given), names, spec);
  const kept = Uint32Array.from(rows.keys()).filter((index) => filter === undefined || filter(batch, index));
  const count = arrange === undefined ? kept.length : arrange(batch, kept, kept.length);
  return [...kept.subarray(0, count)].map((index) => rows[index]![0]);
}

describe('what is shown', () => {
  test.each<[string, Partial<RunFlags>, number[]]>([
    ['everything', {}, [1, 2, 3]],
    ['what a filter lets pass', { filter: ['pid>=2'] }, [2, 3]],
    ['what all filters let pass', { filter: ['pid>=2', 'size>10'] }, [3]],
    ['what filter and expression let pass', { filter: ['pid>=2'], filterExpr: 'size < 20' }, [2]],
  ])('of events: %s', (_, given, pids) => expect(shown(events, given)).toEqual(pids));

  const both = ['events', 'table'];
  test.each<[string, Partial<RunFlags>, string[], Record<string, string>, number[]]>([
    ['sorted', { sort: '-size' }, ['table'], {}, [1, 3, 2]],
    ['cut', { sort: 'size', maxEntries: '2' }, ['table'], {}, [2, 3]],
    ['all of them', { sort: 'size', maxEntries: '-1' }, ['table'], { 'operator.limiter.max-entries': '1' }, [2, 3, 1]],
    ['as the gadget sorts', {}, ['table'], { 'operator.sort.sort': 'size', 'operator.limiter.max-entries': '1' }, [2]],
    ['as the user sorts', { sort: '-pid' }, ['table'], { 'operator.sort.sort': 'size' }, [3, 2, 1]],
    ['a filter of another data source', { filter: ['events:pid==1'] }, both, {}, [1, 2, 3]],
    ['a filter and a sort of this one', { filter: ['table:pid!=1'], sort: 'table:size' }, both, {}, [2, 3]],
  ])('of tables: %s', (_, given, names, defaults, pids) => expect(shown(table, given, names, defaults)).toEqual(pids));

  test.each<[typeof events, Partial<RunFlags>, string, string]>([
    [events, { filter: ['pdi==1'] }, 'UNKNOWN_FIELD', 'data source events has no field pdi'],
    [events, { filter: ['pid'] }, 'FILTER_SYNTAX', '--filter "pid", column 1: "pid" is no condition'],
    [events, { filterExpr: 'pid ==' }, 'FILTER_SYNTAX', '--filter-expr "pid ==", column 7: the expression ends too early'],
    [events, { sort: 'pid' }, 'USAGE', '--sort: events delivers single events, which cannot be sorted'],
    [table, { sort: 'sized' }, 'UNKNOWN_FIELD', 'data source table has no field sized'],
    [table, { maxEntries: 'few' }, 'USAGE', '--max-entries: "few" is no number of entries'],
    [table, { sort: 'tabel:pid' }, 'USAGE', '--sort: there is no data source tabel'],
  ])('refused %#', (dataSource, given, code, message) => {
    expect(() => shown(dataSource, given)).toThrow(expect.objectContaining({ code, message }));
  });
});
