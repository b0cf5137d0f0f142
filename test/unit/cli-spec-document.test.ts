import { expect, test } from 'vitest';
import { specDocument } from '../../runtime/cli/commands/image/spec-document.ts';
import { renderDocument } from '../../runtime/cli/render-document.ts';
import { emptyMetadata } from '../../runtime/gadget/metadata-parse.ts';
import type { GadgetSpec } from '../../runtime/gadget/spec.ts';
import type { DataSource, Field } from '../../runtime/schema/data-source.ts';

function field(fullName: string, more: Partial<Field> = {}): Field {
  const name = fullName.split('.').at(-1)!;
  const origin = { from: 'record', offset: 8, size: 4 } as const;
  return {
    name,
    fullName,
    kind: 'uint32',
    origin,
    children: [],
    typeNames: ['__u32'],
    annotations: new Map(),
    tags: new Set(),
    hidden: false,
    ...more,
  };
}

const events: DataSource = {
  name: 'open',
  shape: 'single',
  typeName: 'event',
  recordSize: 64,
  fields: [
    field('proc', {
      kind: 'struct',
      children: [field('proc.pid', { annotations: new Map([['columns.width', '7']]), tags: new Set(['t']) })],
    }),
    field('flags', { hidden: true, enumeration: { name: 'flags_set', isSet: true, values: [{ name: 'BIG', value: 2n ** 63n }] } }),
    field('mode', { kind: 'string', origin: { from: 'formula', inputs: [], evaluate: () => '' } }),
  ],
  annotations: new Map([['cli.clear', 'true']]),
  tags: new Set(),
};

const spec: GadgetSpec = {
  name: 'x',
  metadata: emptyMetadata('trace_open'),
  architecture: 'arm64',
  object: undefined,
  btf: undefined,
  sources: [
    { dataSource: events, origin: { kind: 'tracer', map: 'events', lostSamplesMap: undefined } },
    { dataSource: { ...events, name: 'tasks', fields: [] }, origin: { kind: 'iterator', programs: ['dump'] } },
  ],
  programs: [{ name: 'p', section: 'kprobe/f', kind: 'kprobe', target: 'f', disabled: false, optional: true, alternatives: ['q'] }],
  maps: [{ name: 'events', type: 27, keySize: 0, valueSize: 0, maxEntries: 4096, pinnedByName: false }],
  params: [{ variable: 'target_pid', key: 'pid', kind: 'uint32', size: 4, defaultValue: '0', description: 'only this one' }],
  variables: new Map(),
  iteratorTargets: new Map(),
};

test('a spec as a document', () => {
  const common = { kind: 'uint32', type: '__u32', offset: 8, sizeBytes: 4, hidden: false, annotations: {}, tags: [] };
  expect(JSON.parse(renderDocument(specDocument(spec), 'json'))).toEqual({
    name: 'trace_open',
    abilities: [],
    architecture: 'arm64',
    metadata: { description: '', homepageUrl: '', documentationUrl: '', sourceUrl: '', annotations: {} },
    dataSources: [
      {
        name: 'open',
        shape: 'single',
        type: 'event',
        recordSizeBytes: 64,
        origin: { kind: 'tracer', map: 'events' },
        annotations: { 'cli.clear': 'true' },
        tags: [],
        fields: [
          { ...common, name: 'proc', kind: 'struct' },
          { ...common, name: 'proc.pid', annotations: { 'columns.width': '7' }, tags: ['t'] },
          { ...common, name: 'flags', hidden: true, enumeration: 'flags_set' },
          { name: 'mode', kind: 'string', type: '__u32', hidden: false, annotations: {}, tags: [] },
        ],
      },
      expect.objectContaining({ name: 'tasks', origin: { kind: 'iterator', programs: ['dump'] }, fields: [] }),
    ],
    params: [{ key: 'pid', kind: 'uint32', defaultValue: '0', description: 'only this one', variable: 'target_pid' }],
    programs: [{ name: 'p', section: 'kprobe/f', kind: 'kprobe', target: 'f', optional: true, disabled: false, alternatives: ['q'] }],
    foreignParams: [],
    operatorSettings: {},
    maps: [{ name: 'events', type: 'ringbuf', keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 4096, pinnedByName: false }],
  });
});
