import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stripDebugSections } from '../../builder/strip-debug.ts';
import { GadgetError } from '../../runtime/base/errors.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { compileBpf } from '../support/bpf-compiler.ts';
import { damaged } from '../support/damaged-bytes.ts';

const object = stripDebugSections(
  await compileBpf(`#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
struct event { struct gadget_process proc; struct gadget_l4endpoint_t src; char path[16]; };
GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(open, events, event);
struct pair { __u32 pid; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, struct pair); __type(value, struct pair); } pairs SEC(".maps");
GADGET_MAPITER(pairs, pairs);
SEC("iter/task") int each(void *ctx) { return 0; }
GADGET_ITER(tasks, pair, each);
`),
);

/** Milliseconds for one object on a busy machine. */
const limitMs = 2000;

it('a damaged object gives a spec or a typed error, soon', () => {
  fc.assert(
    fc.property(damaged(object), (bytes) => {
      const start = performance.now();
      try {
        expect(
          specFromParts({ name: 'g', architecture: 'amd64', object: bytes, metadataText: undefined }, () => {}).sources.length,
        ).toBeLessThan(100);
      } catch (error) {
        if (!(error instanceof GadgetError)) throw error;
        expect(['ELF_INVALID', 'BTF_INVALID', 'BTF_MISSING', 'SPEC_INVALID', 'SCHEMA_UNSUPPORTED']).toContain(error.code);
      }
      expect(performance.now() - start).toBeLessThan(limitMs);
    }),
    { numRuns: 1500 },
  );
});
