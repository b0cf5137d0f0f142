import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelPayload } from '../../runtime/btf/kernel-image.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { writeVmlinuxHeader } from '../../runtime/btf/vmlinux-header.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { bpfObject, damaged, valueOrError } from '../support/damaged-bytes.ts';

const btf = parseElf(bpfObject).section('.BTF')!.data();

/** Decodes every type. A name that is no UTF-8 shows as one that cannot be found. */
function readAll(bytes: Uint8Array): number {
  const parsed = parseBtf(bytes);
  for (let id = 0; id <= parsed.typeCount; id++) {
    const type = parsed.type(id);
    if (type.name !== '' && !type.name.includes('\ufffd')) expect(parsed.find(type.name, type.kind)).toBeLessThanOrEqual(id);
    parsed.strip(id);
    if (type.kind === 'struct') for (const member of type.members) parsed.sizeOf(member.type);
  }
  return parsed.typeCount;
}

const writeHeader = (bytes: Uint8Array) => writeVmlinuxHeader(parseBtf(bytes));

/** Types whose references are random but inside the file: cycles and deep nesting of all kinds. */
const randomTypes = fc
  .array(fc.record({ kind: fc.constantFrom(2, 4, 5, 8, 9, 10, 11, 18), target: fc.nat({ max: 40 }), members: fc.nat({ max: 3 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((types) => {
    const reference = (target: number) => target % (types.length + 1);
    const words = types.flatMap(({ kind, target, members }) => {
      if (kind !== 4 && kind !== 5) return [1, kind << 24, reference(target)];
      const written = Array.from({ length: members }, (_, index) => [target % 2, reference(target + index), index * 32]);
      return [target % 3 === 0 ? 1 : 0, (kind << 24) | members, 16, ...written.flat()];
    });
    const strings = Buffer.from('\0name\0');
    return Buffer.concat([
      Buffer.from(Uint32Array.of(0x0001eb9f, 24, 0, words.length * 4, words.length * 4, strings.length, ...words).buffer),
      strings,
    ]);
  });

describe('any bytes as BTF give a value or BTF_INVALID', () => {
  it('the types themselves give a value', () => expect(readAll(btf)).toBeGreaterThan(30));
  it('damaged types', () => fc.assert(fc.property(damaged(btf), valueOrError('BTF_INVALID', readAll)), { numRuns: 1500 }));
  it('damaged headers', () => fc.assert(fc.property(damaged(btf, 24), valueOrError('BTF_INVALID', readAll)), { numRuns: 500 }));
  it('random bytes', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2048 }), valueOrError('BTF_INVALID', readAll)), { numRuns: 500 }));
  it('random references', () => fc.assert(fc.property(randomTypes, valueOrError('BTF_INVALID', readAll)), { numRuns: 1000 }));
});

describe('a header of any types is written or refused', () => {
  it('damaged types', () => fc.assert(fc.property(damaged(btf), valueOrError('BTF_INVALID', writeHeader)), { numRuns: 1000 }));
  it('random references', () => fc.assert(fc.property(randomTypes, valueOrError('BTF_INVALID', writeHeader)), { numRuns: 1000 }));
});

describe('any bytes as a kernel image give a payload or BTF_INVALID', () => {
  const image = Buffer.alloc(4096);
  image.write('HdrS', 0x202);
  image.writeUInt16LE(0x020f, 0x206);
  image.writeUInt32LE(512, 0x24c);
  it('damaged images', () => fc.assert(fc.property(damaged(image, 0x260), valueOrError('BTF_INVALID', kernelPayload)), { numRuns: 1000 }));
});
