import { emptyMetadata } from '../../runtime/gadget/metadata-parse.ts';
import type { GadgetSpec } from '../../runtime/gadget/spec.ts';

/** What an image says that says nothing but `parts`. */
export function gadgetSpec(parts: Partial<GadgetSpec>): GadgetSpec {
  return {
    name: 'sample',
    metadata: emptyMetadata('sample'),
    architecture: 'amd64',
    object: new Uint8Array(),
    btf: undefined,
    sources: [],
    programs: [],
    maps: [],
    params: [],
    variables: new Map(),
    iteratorTargets: new Map(),
    ...parts,
  };
}
