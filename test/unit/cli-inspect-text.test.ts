import { expect, test } from 'vitest';
import { renderInspection } from '../../runtime/cli/commands/image/inspect-text.ts';
import { emptyMetadata } from '../../runtime/gadget/metadata-parse.ts';
import type { GadgetSpec, ProgramSpec } from '../../runtime/gadget/spec.ts';
import { recordField, source } from '../support/fields.ts';

const content = {
  reference: 'reg.example/x:1',
  mediaType: 'type',
  digest: 'sha256:0' as const,
  sizeBytes: 1,
  totalSizeBytes: 2048,
  created: undefined,
  builtHere: false,
  sparse: false,
  annotations: undefined,
  manifests: [],
};

const program = (values: Partial<ProgramSpec>): ProgramSpec => ({
  name: 'on_open',
  section: 'kprobe/vfs_open',
  kind: 'kprobe',
  target: 'vfs_open',
  disabled: false,
  optional: false,
  alternatives: [],
  ...values,
});

const spec: GadgetSpec = {
  name: 'x',
  metadata: { ...emptyMetadata('x'), foreignParams: [{ kind: 'wasm', name: 'mode', description: 'how', defaultValue: 'a' }] },
  architecture: 'amd64',
  object: undefined,
  btf: undefined,
  sources: [
    {
      dataSource: source([
        recordField('pid', 'uint32', 0),
        recordField('secret', 'uint64', 8, { annotations: { 'columns.hidden': 'true', description: 'unseen' } }),
      ]),
      origin: { kind: 'tracer', map: 'events', lostSamplesMap: undefined },
    },
  ],
  programs: [
    program({ optional: true, alternatives: ['on_open2'] }),
    program({ name: 'moved', target: 'vfs_read' }),
    program({ name: 'off', disabled: true }),
    program({
      name: 'clock',
      section: 'perf_event/clock',
      kind: 'perf_event',
      target: 'clock',
      perfEvent: { type: 'software', config: 'count_sw_cpu_clock', frequencyHz: 49 },
    }),
  ],
  maps: [
    { name: 'events', type: 27, keySize: 0, valueSize: 0, maxEntries: 4096, pinnedByName: false },
    { name: 'kept', type: 1, keySize: 4, valueSize: 8, maxEntries: 16, pinnedByName: true },
  ],
  params: [],
  variables: new Map(),
  iteratorTargets: new Map(),
};

test('an image as people read it', () => {
  const recognised = { kind: 'gadget', labels: undefined } as const;
  const [, ...sections] = renderInspection({ content, recognised, spec, problem: undefined }, undefined).split('\n\n');
  expect(sections).toMatchInlineSnapshot(`
    [
      "data source events: events, from the map events, 16 bytes each
      FIELD   TYPE    SHOWN  DESCRIPTION
      pid     uint32  yes
      secret  uint64         unseen",
      "params (flags of gadget run):
      FLAG         TYPE  DEFAULT  DESCRIPTION
      (wasm) mode        a        how",
      "programs:
      NAME     SECTION           NOTES
      on_open  kprobe/vfs_open   optional; else on_open2
      moved    kprobe/vfs_open   attached to vfs_read
      off      kprobe/vfs_open   not attached
      clock    perf_event/clock  49 times a second on each CPU",
      "maps:
      NAME    TYPE     KEY  VALUE  ENTRIES
      events  ringbuf  0    0      4096
      kept    hash     4    8      16       pinned by name
    ",
    ]
  `);
});
