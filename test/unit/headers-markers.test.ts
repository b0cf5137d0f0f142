import { expect, it } from 'vitest';
import type { BtfFile } from '../../runtime/btf/parse.ts';
import { readMarkers } from '../../runtime/gadget/markers.ts';
import { readObject } from '../../runtime/gadget/object.ts';
import { architectures, compileBpf } from '../support/bpf-compiler.ts';

/** The macro as a program uses it, and the variable that it leaves behind. */
const uses: readonly (readonly [use: string, marker: string])[] = [
  ['GADGET_TRACER(open, events, event);', 'gadget_tracer_open___events___event'],
  ['GADGET_TRACER_MAP(events, 1024 * 256);', 'gadget_map_tracer_events'],
  ['GADGET_PARAM(wanted);', 'gadget_param_wanted'],
  ['GADGET_MAPITER(counts, counters);', 'gadget_mapiter_counts___counters'],
  ['GADGET_ITER(one, item, first);', 'gadget_iter_one___item___first'],
  ['GADGET_ITER(two, item, first, second);', 'gadget_iter_two___item___first___second'],
  ['GADGET_SNAPSHOTTER(three, item, first, second, third);', 'gadget_iter_three___item___first___second___third'],
  ['GADGET_ITER_TARGET_MAP(first, counters);', 'gadget_mapelem_iter_target_first___counters'],
  ['GADGET_SK_TARGET_MAP(second, counters);', 'gadget_sk_prog_target_second___counters'],
];

/** Without a use of the structs but in the macros: they must reach BTF all the same. */
const source = `#include <vmlinux.h>
#include <gadget/buffer.h>
struct event { __u32 pid; };
struct item { __u32 pid; };
const volatile int wanted = 3;
${uses.map(([use]) => use).join('\n')}
`;

/** The kinds from a type down to what it ends at: `pointer const void`. */
function chainOf(btf: BtfFile, id: number): string {
  const type = btf.type(id);
  return 'type' in type ? `${type.kind} ${chainOf(btf, type.type)}` : `${type.kind}${type.name === '' ? '' : ` ${type.name}`}`;
}

it.for(architectures)('every macro leaves its variable in the BTF for %s', async (architecture) => {
  const btf = readObject('test', await compileBpf(source, architecture)).btf as BtfFile;
  const variables = [...btf.ofKind('variable')].map((id) => btf.type(id)).filter((type) => type.kind === 'variable');
  const found = new Map(variables.map(({ name, linkage, type }) => [name, `${linkage} ${chainOf(btf, type)}`]));

  for (const [, marker] of uses) expect(found.get(marker), marker).toBe('global pointer const void');
  expect(found.get('__gadget_tracer_type_open')).toBe('global pointer const struct event');
  expect(found.get('unusedevent_one___item')).toBe('global pointer const struct item');
  expect(found.get('unusedevent_three___item')).toBe('global pointer const struct item');
});

it('the loader reads back what was declared', async () => {
  const markers = readMarkers(readObject('test', await compileBpf(source)));
  expect(markers.map(({ macro, names }) => `${macro}(${names.join(', ')})`).sort()).toEqual([
    'GADGET_ITER(one, item, first)',
    'GADGET_ITER(three, item, first, second, third)',
    'GADGET_ITER(two, item, first, second)',
    'GADGET_ITER_TARGET_MAP(first, counters)',
    'GADGET_MAPITER(counts, counters)',
    'GADGET_PARAM(wanted)',
    'GADGET_TRACER(open, events, event)',
  ]);
});
