import { expect, it } from 'vitest';
import { locatedSpecFromParts } from '../../runtime/gadget/from-image.ts';
import { validateMetadata } from '../../runtime/gadget/validate-metadata.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const object = await compileBpf(`#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>
struct event { struct gadget_process proc; struct gadget_l4endpoint_t src; gadget_errno error_raw; __u32 size; };
GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(open, events, event);
const volatile __u8 level = 1;
GADGET_PARAM(level);
const volatile __u8 inner = 1;
__attribute__((used)) static int use(void) { return inner; }
SEC("fentry/a") int one(void *ctx) { return 0; }
SEC("fentry/b") int two(void *ctx) { return 0; }
SEC("perf_event/sampler") int sample(void *ctx) { return 0; }
`);
const sampler =
  'programs:\n  sampler: {perf: {type: software, config: count_sw_cpu_clock, sampleType: sample_raw}, sampler: {frequency: 9}}\n';

function findings(metadataText: string, hasWasm = false): string[] {
  const located = locatedSpecFromParts({ name: 'g', architecture: 'amd64', object, metadataText: sampler + metadataText }, () => {});
  return validateMetadata(located, { hasWasm }).map(
    ({ position, message, hint }) => `${position?.line}:${position?.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

it.each([
  ['datasources: {opne: {}}', '3:15 the eBPF program has no data source opne (did you mean open?)'],
  ['datasources: {open: {fields: {siez: {}}}}', '3:31 data source open has no field siez (did you mean size?)'],
  ['datasources:\n  open:\n    fields:\n      proc.com: {}', '6:7 data source open has no field proc.com (did you mean proc.comm?)'],
  ['datasources: {open: {fields: {size: {annotations: {template: byte}}}}}', '3:52 there is no template byte'],
  ['params: {ebpf: {levle: {}}}', '3:17 the eBPF program has no param levle (did you mean level?)'],
  ['params: {ebpf: {inner: {}}}', '3:17 the eBPF program has no param inner (declare it with GADGET_PARAM(inner))'],
  ['params: {ebpf: {level: {defaultValue: 256}}}', /^3:17 the default does not fit: "256" is no value for --level .*from 0 to 255/],
  ['  three: {optional: true}', '3:3 the eBPF object has no program three'],
  ['  one: {alternatives: [tow]}', '3:9 the alternative tow is no program of the eBPF object (did you mean two?)'],
  ['  one: {alternatives: [two]}', '3:9 other tools would attach one and two (write programs.two.attach_to: gadget_program_disabled)'],
])('warns of %j', (text, expected) => {
  const found = findings(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
});

it.each([
  '',
  'datasources: {open: {fields: {error: {}, proc.comm: {}, PROC.PID: {}}}}',
  'datasources: {open: {fields: {src.addr: {}, src.k8s.name: {}, k8s.node: {}, runtime.containerName: {}}}}',
  'datasources: {open: {fields: {size: {annotations: {formatters.bytes.target: shown}}, shown: {}}}}',
  'datasources: {open: {annotations: {ebpf.rest.name: rest, env.fields.HOST: HOSTNAME}, fields: {rest: {}, host: {}}}}',
  'datasources: {processes: {fields: {anything: {}}}, containers: {}}',
  'params: {ebpf: {LEVEL: {defaultValue: 255}}}',
  '  one: {alternatives: [two]}\n  two: {attach_to: gadget_program_disabled}',
])('has nothing against %j', (text) => {
  expect(findings(text)).toEqual([]);
});

it('leaves sources and fields to a WASM module that may make them', () => {
  expect(findings('datasources: {made: {}, open: {fields: {made: {}}}}', true)).toEqual([]);
});
