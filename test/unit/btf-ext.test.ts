import { describe, expect, it } from 'vitest';
import { parseBtfExt } from '../../runtime/btf/ext.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { compileForBpf } from '../support/btf-roundtrip.ts';

const source = `struct inner { int first; int second; } __attribute__((preserve_access_index));
struct outer { int a; struct inner inner[4]; unsigned bits : 3; } __attribute__((preserve_access_index));
enum number { ONE = 1 };
__attribute__((section("tp/one"), used)) int one(struct outer *o)
{
	return o->inner[2].second +
		__builtin_preserve_field_info(o->bits, 2);
}
__attribute__((section("tp/two"), used)) int two(void)
{
	return __builtin_preserve_type_info(*(struct outer *)0, 0);
}
`;

const elf = parseElf(compileForBpf(source));
const btf = parseBtf(elf.section('.BTF')!.data());
const bytes = elf.section('.BTF.ext')!.data();

describe('.BTF.ext of a compiled object', () => {
  const ext = parseBtfExt(bytes, btf);

  it('names the function at the start of each section', () => {
    const found = ext.functions.map(({ section, records }) => [
      section,
      ...[...records()].map((info) => [info.instructionOffset, btf.nameOf(info.type)]),
    ]);
    expect(found).toEqual([
      ['tp/one', [0, 'one']],
      ['tp/two', [0, 'two']],
    ]);
  });

  it('tells lines with file, text and column', () => {
    const lines = [...ext.lines[0]!.records()];
    expect(lines).toHaveLength(ext.lines[0]!.count);
    const access = lines.find(({ line }) => line === 6)!;
    expect(access).toMatchObject({ text: '\treturn o->inner[2].second +', column: 21, file: expect.stringMatching(/source\.c$/) });
  });

  it('tells relocations with their access', () => {
    const found = ext.relocations.map(({ section, records }) => [
      section,
      ...[...records()].map(({ access, kind, type }) => `${btf.nameOf(type)} ${access} ${kind}`),
    ]);
    expect(found).toEqual([
      ['tp/one', 'outer 0:1:2:1 field_byte_offset', 'outer 0:2 field_exists'],
      ['tp/two', 'outer 0 type_exists'],
    ]);
  });
});

describe('refuses', () => {
  const edited = (offset: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, offset);
    const ext = parseBtfExt(copy, btf);
    return [...ext.functions, ...ext.relocations].map(({ records }) => [...records()]);
  };
  const relocationsAt = 32 + Buffer.from(bytes).readUInt32LE(24);

  it.each<[string, number, number]>([
    ['another magic', 0, 0x01001234],
    ['a short header', 4, 16],
    ['a part behind the end', 12, 0x7fffffff],
    ['records that are too small', 32, 4],
    ['records that are not whole words', 32, 9],
    ['more records than there is room for', 40, 0x7fffffff],
    ['a section name outside the strings', 36, 0x7fffffff],
    ['a function of a type behind the last', 48, 0x7fffffff],
    ['a relocation of an unknown kind', relocationsAt + 4 + 8 + 12, 99],
  ])('%s', (_, offset, value) => expect(() => edited(offset, value)).toThrow(expect.objectContaining({ code: 'BTF_INVALID' })));

  it('but takes a header without relocations', () => {
    const old = Buffer.concat([bytes.subarray(0, 24), bytes.subarray(32)]);
    old.writeUInt32LE(24, 4);
    const ext = parseBtfExt(old, btf);
    expect([ext.functions.length, ext.relocations.length]).toEqual([2, 0]);
  });
});
