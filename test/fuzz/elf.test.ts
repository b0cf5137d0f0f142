import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseElf } from '../../runtime/elf/parse.ts';
import { bpfObject, damaged, valueOrError } from '../support/damaged-bytes.ts';

/** Reads everything there is in a file. */
function readAll(bytes: Uint8Array): number {
  const elf = parseElf(bytes);
  let read = [...elf.symbols()].length + [...elf.symbols('dynamic')].length;
  for (const section of elf.sections) read += section.data().length + [...elf.relocations(section)].length;
  return read;
}

describe('any bytes as ELF give a value or ELF_INVALID', () => {
  it('the object itself gives a value', () => expect(readAll(bpfObject)).toBeGreaterThan(1000));
  it('damaged objects', () => fc.assert(fc.property(damaged(bpfObject), valueOrError('ELF_INVALID', readAll)), { numRuns: 1500 }));
  it('damaged headers', () => fc.assert(fc.property(damaged(bpfObject, 64), valueOrError('ELF_INVALID', readAll)), { numRuns: 500 }));
  it('random bytes', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2048 }), valueOrError('ELF_INVALID', readAll)), { numRuns: 500 }));
  it('random bytes behind the magic', () => {
    const bytes = fc.uint8Array({ maxLength: 2048 }).map((rest) => Buffer.concat([bpfObject.subarray(0, 16), rest]));
    fc.assert(fc.property(bytes, valueOrError('ELF_INVALID', readAll)), { numRuns: 500 });
  });
});
