import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { elfMachines, elfSectionTypes } from '../../runtime/elf/elf.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { compileForBpf } from '../support/btf-roundtrip.ts';

const source = `const volatile int param = 5;
int counters[4];
static int hidden(int x) { return x + counters[1]; }
__attribute__((section("tp/one"), used)) int one(int *x) { counters[0]++; return hidden(*x) + param; }
__attribute__((weak, section("tp/two"))) int two(void) { return 2; }
char license_text[] __attribute__((section("license"), used)) = "GPL";
`;
const object = compileForBpf(source);
const invalid = expect.objectContaining({ code: 'ELF_INVALID' });

describe('a BPF object', () => {
  const elf = parseElf(object);

  it('has a header', () => {
    expect(elf.header).toEqual({ littleEndian: true, type: 'relocatable', machine: elfMachines.bpf, entry: 0n });
  });

  it.each([
    ['tp/one', elfSectionTypes.programBits],
    ['.bss', elfSectionTypes.noBits],
    ['.symtab', elfSectionTypes.symbolTable],
    ['.reltp/one', elfSectionTypes.relocations],
    ['.strtab', elfSectionTypes.stringTable],
  ])('has a section %s of type %i', (name, type) => expect(elf.section(name)).toMatchObject({ name, type }));

  it('gives the bytes of a section as a view', () => {
    const license = elf.section('license')!;
    expect(Buffer.from(license.data()).toString()).toBe('GPL\0');
    expect(license.data().buffer).toBe(object.buffer);
  });

  it('has a section without bytes for variables that start as 0', () => {
    const bss = elf.section('.bss')!;
    expect([bss.size, bss.data().length]).toEqual([16, 0]);
  });

  it('has no section of another name', () => expect(elf.section('nothing')).toBeUndefined());

  it.each([
    ['one', { type: 'function', binding: 'global' }, 'tp/one'],
    ['two', { type: 'function', binding: 'weak', size: 16n }, 'tp/two'],
    ['counters', { type: 'object', binding: 'global', size: 16n }, '.bss'],
    ['param', { type: 'object', binding: 'global', size: 4n, value: 0n }, '.rodata'],
    ['source.c', { type: 'file', binding: 'local', section: undefined }, undefined],
  ])('has a symbol %s', (name, wanted, section) => {
    const symbol = [...elf.symbols()].find((candidate) => candidate.name === name)!;
    expect(symbol).toMatchObject(wanted);
    expect(symbol.section === undefined ? undefined : elf.sections[symbol.section]!.name).toBe(section);
  });

  it('has relocations that lead to symbols', () => {
    const symbols = new Map([...elf.symbols()].map(({ index, name }) => [index, name]));
    const names = [...elf.relocations(elf.section('tp/one')!)].map(({ symbol }) => symbols.get(symbol));
    expect(new Set(names)).toEqual(new Set(['counters', 'param']));
  });

  it('has no relocations where nothing is relocated', () => expect([...elf.relocations(elf.section('license')!)]).toEqual([]));
  it('has no dynamic symbols', () => expect([...elf.symbols('dynamic')]).toEqual([]));
});

describe('a program of this machine', () => {
  const elf = parseElf(readFileSync(process.execPath));

  it('has dynamic symbols, and relocations with addends', () => {
    expect(elf.header.entry).not.toBe(0n);
    expect([...elf.symbols('dynamic')].some(({ name, section }) => name === 'free' && section === undefined)).toBe(true);
    const withAddends = elf.sections.find(({ type }) => type === elfSectionTypes.relocationsWithAddends)!;
    expect(withAddends.entrySize).toBe(24);
  });
});

describe('refuses', () => {
  const edit = (change: (bytes: Buffer) => void) => () => {
    const bytes = Buffer.from(object);
    change(bytes);
    return parseElf(bytes);
  };
  const sectionTable = Number(Buffer.from(object).readBigUInt64LE(40));
  const headerOf = (name: string) => sectionTable + 64 * parseElf(object).section(name)!.index;

  it.each<[string, () => unknown]>([
    ['no bytes', () => parseElf(new Uint8Array(0))],
    ['another magic', edit((bytes) => bytes.writeUInt8(0, 0))],
    ['a 32-bit file', edit((bytes) => bytes.writeUInt8(1, 4))],
    ['an unknown byte order', edit((bytes) => bytes.writeUInt8(3, 5))],
    ['another version', edit((bytes) => bytes.writeUInt8(2, 6))],
    ['section headers behind the end', edit((bytes) => bytes.writeBigUInt64LE(BigInt(bytes.length), 40))],
    ['a section table beyond all sizes', edit((bytes) => bytes.writeBigUInt64LE(2n ** 63n, 40))],
    ['section headers of another size', edit((bytes) => bytes.writeUInt16LE(40, 58))],
    ['names in a section that is not there', edit((bytes) => bytes.writeUInt16LE(999, 62))],
    ['a name outside its table', edit((bytes) => bytes.writeUInt32LE(0xffffff, headerOf('license')))],
    [
      'a section behind the end',
      () =>
        edit((bytes) => bytes.writeBigUInt64LE(2n ** 40n, headerOf('license') + 32))()
          .section('license')!
          .data(),
    ],
    ['a symbol name outside its table', () => [...edit((bytes) => bytes.writeUInt32LE(2, headerOf('.symtab') + 40))().symbols()]],
  ])('%s', (_, act) => expect(act).toThrow(invalid));

  it('but takes a file without sections', () => {
    const elf = edit((bytes) => bytes.fill(0, 40, 48))();
    expect([elf.sections.length, [...elf.symbols()].length]).toEqual([0, 0]);
  });

  it('and one whose number of sections stands in the first', () => {
    const elf = edit((bytes) => {
      bytes.writeBigUInt64LE(BigInt(bytes.readUInt16LE(60)), sectionTable + 32);
      bytes.writeUInt32LE(bytes.readUInt16LE(62), sectionTable + 40);
      bytes.writeUInt16LE(0, 60);
      bytes.writeUInt16LE(0xffff, 62);
    })();
    expect(elf.sections.map(({ name }) => name)).toEqual(parseElf(object).sections.map(({ name }) => name));
  });
});
