import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBtfExt } from '../../runtime/btf/ext.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { bpfObject, damaged, valueOrError } from '../support/damaged-bytes.ts';

const elf = parseElf(bpfObject);
const btf = parseBtf(elf.section('.BTF')!.data());
const bytes = elf.section('.BTF.ext')!.data();

function readAll(ext: Uint8Array): number {
  const { functions, lines, relocations } = parseBtfExt(ext, btf);
  return [...functions, ...lines, ...relocations].reduce((sum, section) => sum + [...section.records()].length, 0);
}

describe('any bytes as .BTF.ext give a value or BTF_INVALID', () => {
  it('the section itself gives a value', () => expect(readAll(bytes)).toBeGreaterThan(10));
  it('damaged sections', () => fc.assert(fc.property(damaged(bytes), valueOrError('BTF_INVALID', readAll)), { numRuns: 1500 }));
  it('damaged headers', () => fc.assert(fc.property(damaged(bytes, 48), valueOrError('BTF_INVALID', readAll)), { numRuns: 1000 }));
  it('random bytes', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2048 }), valueOrError('BTF_INVALID', readAll)), { numRuns: 500 }));
});
