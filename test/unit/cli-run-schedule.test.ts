import { describe, expect, test } from 'vitest';
import { fetchSchedule } from '../../runtime/cli/commands/run/schedule.ts';
import type { FetchSchedule } from '../../runtime/engine/table.ts';
import { emptyMetadata } from '../../runtime/gadget/metadata-parse.ts';
import type { SourceSpec } from '../../runtime/gadget/spec.ts';
import { recordField, source } from '../support/fields.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';
import { runFlags } from '../support/run-flags.ts';

type Said = Partial<Record<'interval' | 'count', string>>;

const table = (annotations: Record<string, string>): SourceSpec => ({
  dataSource: { ...source([recordField('pid', 'uint32', 0)], 'array', 'top'), annotations: new Map(Object.entries(annotations)) },
  origin: { kind: 'map-iterator', map: 'm', keySize: 4, valueSize: 0 },
});
const snapshot = (annotations: Record<string, string>): SourceSpec => ({
  ...table(annotations),
  origin: { kind: 'iterator', programs: ['walk'] },
});

function schedule(origin: SourceSpec, flags: Said, gadget: Said): FetchSchedule {
  const paramDefaults = new Map(Object.entries(gadget).map(([key, value]) => [`operator.oci.ebpf.map-fetch-${key}`, value] as const));
  const spec = gadgetSpec({ metadata: { ...emptyMetadata('sample'), paramDefaults } });
  const given = {
    ...(flags.interval === undefined ? {} : { mapFetchInterval: flags.interval }),
    ...(flags.count === undefined ? {} : { mapFetchCount: flags.count }),
  };
  return fetchSchedule(origin, runFlags(given), spec, ['top', 'other']);
}

describe('how often a table is fetched', () => {
  test.each<[what: string, origin: SourceSpec, flags: Said, gadget: Said, expected: FetchSchedule]>([
    ['every second without end', table({}), {}, {}, { intervalMs: 1000, count: 0, onStop: false }],
    [
      'as the data source says',
      table({ 'fetch-interval': '3s', 'fetch-count': '2' }),
      {},
      {},
      { intervalMs: 3000, count: 2, onStop: false },
    ],
    [
      'as the gadget says',
      table({ 'fetch-interval': '3s' }),
      {},
      { interval: '0', count: '4' },
      { intervalMs: 0, count: 4, onStop: false },
    ],
    [
      'as the user says',
      table({ 'fetch-interval': '3s' }),
      { interval: '500ms', count: '1' },
      { interval: '2s', count: '9' },
      { intervalMs: 500, count: 1, onStop: false },
    ],
    ['as the user says of this one', table({}), { interval: 'top:2s;other:9s' }, {}, { intervalMs: 2000, count: 0, onStop: false }],
    ['not as the user says of another', table({}), { interval: 'other:9s' }, {}, { intervalMs: 1000, count: 0, onStop: false }],
    ['also when the run stops', table({ 'ebpf.map.flush-on-stop': 'true' }), {}, {}, { intervalMs: 1000, count: 0, onStop: true }],
    ['a snapshot once', snapshot({}), {}, {}, { intervalMs: 0, count: 1, onStop: false }],
    [
      'a snapshot not as the gadget says of maps',
      snapshot({}),
      {},
      { interval: '5s', count: '0' },
      { intervalMs: 0, count: 1, onStop: false },
    ],
    ['a snapshot as the user says', snapshot({}), { interval: '5s', count: '3' }, {}, { intervalMs: 5000, count: 3, onStop: false }],
    ['a snapshot at the end', snapshot({ 'ebpf.iter.fetch-on-stop': 'true' }), {}, {}, { intervalMs: 0, count: 1, onStop: true }],
  ])('%s', (_, origin, flags, gadget, expected) => expect(schedule(origin, flags, gadget)).toEqual(expected));

  test.each<[Said, string, string]>([
    [{ interval: 'often' }, 'PARAM_INVALID', '--map-fetch-interval: "often" is not a duration'],
    [{ count: 'twice' }, 'PARAM_INVALID', '--map-fetch-count: "twice" is not a number'],
    [{ count: '-1' }, 'PARAM_INVALID', '--map-fetch-count: "-1" is not a number'],
    [{ interval: 'tpo:2s' }, 'USAGE', '--map-fetch-interval: there is no data source tpo'],
  ])('%j is refused', (flags, code, message) => {
    expect(() => schedule(table({}), flags, {})).toThrow(expect.objectContaining({ code, message }));
  });
});
