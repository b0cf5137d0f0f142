import { GadgetError } from '../base/errors.ts';
import type { Btf, BtfType } from './btf.ts';
import { MAX_REFERENCE_DEPTH } from './format.ts';

/** Bytes of a pointer: every kernel that runs here, and the BPF machine, have 64 bits. */
export const POINTER_SIZE = 8;

/** The type behind typedefs, qualifiers and type tags. Throws BTF_INVALID when they form a cycle. */
export function stripType(btf: Btf, id: number): BtfType {
  let type = btf.type(id);
  for (let depth = 0; depth < MAX_REFERENCE_DEPTH; depth++) {
    switch (type.kind) {
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        type = btf.type(type.type);
        break;
      default:
        return type;
    }
  }
  throw tooDeep(id);
}

/** Bytes of a value of that type. Throws BTF_INVALID for what has no size (void, a forward declaration, a function). */
export function sizeOfType(btf: Btf, id: number): number {
  let count = 1;
  let type = stripType(btf, id);
  for (let depth = 0; depth < MAX_REFERENCE_DEPTH; depth++) {
    switch (type.kind) {
      case 'array':
        count *= type.count;
        if (count > Number.MAX_SAFE_INTEGER)
          throw new GadgetError('BTF_INVALID', `BTF: array type ${id} is too large`, { context: { type: id } });
        type = stripType(btf, type.type);
        break;
      case 'variable':
        type = stripType(btf, type.type);
        break;
      case 'pointer':
        return count * POINTER_SIZE;
      case 'int':
      case 'float':
      case 'struct':
      case 'union':
      case 'enum':
      case 'data_section':
        return count * type.size;
      default:
        throw new GadgetError('BTF_INVALID', `BTF: type ${id} ends in a ${type.kind}, which has no size`, { context: { type: id } });
    }
  }
  throw tooDeep(id);
}

function tooDeep(id: number): GadgetError {
  return new GadgetError('BTF_INVALID', `BTF: type ${id} refers on more than ${MAX_REFERENCE_DEPTH} times`, { context: { type: id } });
}
