import { describe, expect, it } from 'vitest';
import type { BtfType } from '../../runtime/btf/btf.ts';
import { MAX_NAME_BYTES, MAX_REFERENCE_DEPTH } from '../../runtime/btf/format.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { BtfBuilder, kind } from '../support/btf-builder.ts';

const invalid = expect.objectContaining({ code: 'BTF_INVALID' });

/** The last type of a file in which type 1 is `int`. */
function lastType(build: (builder: BtfBuilder) => number, littleEndian = true): BtfType {
  const builder = new BtfBuilder({ littleEndian });
  builder.int('int', 4, 0x01000020);
  const id = build(builder);
  return parseBtf(builder.bytes()).type(id);
}

const string = (builder: BtfBuilder, text: string) => builder.string(text);

describe('a type of each kind', () => {
  const table: ReadonlyArray<readonly [string, (b: BtfBuilder) => number, object]> = [
    ['int', (b) => b.int('int', 4, 0x01000020), { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, bool: false }],
    ['bool', (b) => b.int('_Bool', 1, 0x04000008), { kind: 'int', size: 1, bool: true, signed: false, char: false }],
    ['char', (b) => b.int('char', 1, 0x02000008), { kind: 'int', size: 1, char: true }],
    ['float', (b) => b.type(kind.float, { name: 'double', third: 8 }), { kind: 'float', name: 'double', size: 8 }],
    ['pointer', (b) => b.type(kind.pointer, { third: 1 }), { kind: 'pointer', type: 1 }],
    ['typedef', (b) => b.type(kind.typedef, { name: 'u', third: 1 }), { kind: 'typedef', name: 'u', type: 1 }],
    ['volatile', (b) => b.type(kind.volatile, { third: 1 }), { kind: 'volatile', type: 1 }],
    ['const', (b) => b.type(kind.const, { third: 0 }), { kind: 'const', type: 0 }],
    ['restrict', (b) => b.type(kind.restrict, { third: 1 }), { kind: 'restrict', type: 1 }],
    ['type tag', (b) => b.type(kind.typeTag, { name: 'user', third: 1 }), { kind: 'type_tag', name: 'user', type: 1 }],
    ['array', (b) => b.type(kind.array, { words: [1, 1, 7] }), { kind: 'array', type: 1, indexType: 1, count: 7 }],
    ['forward', (b) => b.type(kind.forward, { name: 'f' }), { kind: 'forward', name: 'f', union: false }],
    ['forward of a union', (b) => b.type(kind.forward, { name: 'f', flag: true }), { kind: 'forward', union: true }],
    [
      'struct with widths',
      (b) => b.type(kind.struct, { name: 's', flag: true, count: 1, third: 8, words: [string(b, 'm'), 1, (3 << 24) | 37] }),
      { kind: 'struct', name: 's', size: 8, members: [{ name: 'm', type: 1, bitOffset: 37, bitWidth: 3 }] },
    ],
    [
      'union',
      (b) => b.type(kind.union, { count: 1, third: 4, words: [string(b, 'm'), 1, 0] }),
      { kind: 'union', name: '', size: 4, members: [{ name: 'm', type: 1, bitOffset: 0, bitWidth: 0 }] },
    ],
    [
      'enum, unsigned',
      (b) => b.type(kind.enum, { name: 'e', count: 1, third: 4, words: [string(b, 'A'), 0xffffffff] }),
      { kind: 'enum', size: 4, signed: false, values: [{ name: 'A', value: 0xffffffffn }] },
    ],
    [
      'enum, signed',
      (b) => b.type(kind.enum, { name: 'e', flag: true, count: 1, third: 4, words: [string(b, 'A'), 0xffffffff] }),
      { kind: 'enum', signed: true, values: [{ name: 'A', value: -1n }] },
    ],
    [
      'enum of 64 bits',
      (b) => b.type(kind.enum64, { name: 'e', count: 1, third: 8, words: [string(b, 'A'), 1, 0x80000000] }),
      { kind: 'enum', size: 8, values: [{ name: 'A', value: 0x8000000000000001n }] },
    ],
    [
      'enum of 64 bits, signed',
      (b) => b.type(kind.enum64, { name: 'e', flag: true, count: 1, third: 8, words: [string(b, 'A'), 0, 0x80000000] }),
      { kind: 'enum', values: [{ name: 'A', value: -(2n ** 63n) }] },
    ],
    [
      'function prototype',
      (b) => b.type(kind.functionPrototype, { count: 2, third: 1, words: [string(b, 'p'), 1, 0, 0] }),
      {
        kind: 'function_prototype',
        returns: 1,
        params: [
          { name: 'p', type: 1 },
          { name: '', type: 0 },
        ],
      },
    ],
    ['function', (b) => b.type(kind.function, { name: 'f', count: 1, third: 1 }), { kind: 'function', type: 1, linkage: 'global' }],
    ['variable', (b) => b.type(kind.variable, { name: 'v', third: 1, words: [2] }), { kind: 'variable', type: 1, linkage: 'extern' }],
    [
      'data section',
      (b) => b.type(kind.dataSection, { name: '.bss', count: 1, third: 4, words: [1, 8, 4] }),
      { kind: 'data_section', size: 4, variables: [{ type: 1, offset: 8, size: 4 }] },
    ],
    [
      'declaration tag',
      (b) => b.type(kind.declarationTag, { name: 't', third: 1, words: [0xffffffff] }),
      { kind: 'declaration_tag', name: 't', type: 1, component: -1 },
    ],
  ];
  it.each(table)('%s', (_, build, wanted) => expect(lastType(build)).toMatchObject(wanted));
  it.each(table)('%s, big-endian', (_, build, wanted) => expect(lastType(build, false)).toMatchObject(wanted));
});

describe('a bit-field whose width is in its type', () => {
  const bits = (builder: BtfBuilder, member: number, place: number) =>
    builder.type(kind.struct, { count: 1, third: 8, words: [builder.string('m'), member, place] });

  it.each<[string, (b: BtfBuilder) => number, { bitOffset: number; bitWidth: number }]>([
    ['a whole integer', (b) => bits(b, 1, 32), { bitOffset: 32, bitWidth: 0 }],
    ['three bits', (b) => bits(b, b.int('unsigned int', 4, 3), 32), { bitOffset: 32, bitWidth: 3 }],
    ['three bits from the fifth', (b) => bits(b, b.int('unsigned int', 4, (5 << 16) | 3), 32), { bitOffset: 37, bitWidth: 3 }],
    [
      'behind a typedef',
      (b) => bits(b, b.type(kind.typedef, { name: 't', third: b.int('unsigned int', 4, 3) }), 0),
      { bitOffset: 0, bitWidth: 3 },
    ],
    ['a pointer', (b) => bits(b, b.type(kind.pointer, { third: 1 }), 0), { bitOffset: 0, bitWidth: 0 }],
  ])('%s', (_, build, wanted) => expect(lastType(build)).toMatchObject({ members: [wanted] }));
});

describe('names', () => {
  const builder = new BtfBuilder();
  const first = builder.int('same');
  const second = builder.type(kind.typedef, { name: 'same', third: first });
  const longer = builder.int('samesame');
  const umlaut = builder.int(Buffer.from('größe').toString('latin1'));
  const btf = parseBtf(builder.bytes());

  it.each<[string, BtfType['kind'] | undefined, number | undefined]>([
    ['same', undefined, first],
    ['same', 'typedef', second],
    ['same', 'struct', undefined],
    ['samesame', undefined, longer],
    ['sam', undefined, undefined],
    ['größe', undefined, umlaut],
  ])('find %s of kind %s', (name, wantedKind, id) => expect(btf.find(name, wantedKind)).toBe(id));

  it('come without decoding', () => expect([btf.nameOf(0), btf.nameOf(second), btf.nameOf(umlaut)]).toEqual(['', 'same', 'größe']));
  it('are listed by kind', () => expect([...btf.ofKind('int')]).toEqual([first, longer, umlaut]));
});

describe('sizes', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int');
  const array = builder.type(kind.array, { words: [int, int, 3] });
  const matrix = builder.type(kind.array, { words: [builder.type(kind.const, { third: array }), int, 5] });
  const pointers = builder.type(kind.array, { words: [builder.type(kind.pointer, { third: 0 }), int, 2] });
  const variable = builder.type(kind.variable, { name: 'v', third: matrix, words: [0] });
  const forward = builder.type(kind.forward, { name: 'f' });
  const huge = [1, 2, 3, 4].reduce((element) => builder.type(kind.array, { words: [element, int, 0xffffffff] }), int);
  const btf = parseBtf(builder.bytes());

  it.each([
    [int, 4],
    [array, 12],
    [matrix, 60],
    [pointers, 16],
    [variable, 60],
  ])('of type %i: %i bytes', (id, size) => expect(btf.sizeOf(id)).toBe(size));
  it.each([0, forward, huge])('type %i has none', (id) => expect(() => btf.sizeOf(id)).toThrow(invalid));
});

describe('a module on top of the kernel', () => {
  const kernel = new BtfBuilder();
  const long = kernel.int('long', 8, 0x01000040);
  const bits = kernel.int('bits', 4, 3);
  const base = parseBtf(kernel.bytes());
  const builder = new BtfBuilder({ stringsStart: kernel.stringBytes, firstId: base.typeCount + 1 });
  const own = builder.type(kind.struct, { name: 'own', count: 2, third: 16, words: [1, long, 0, 1, bits, 64] });
  const btf = parseBtf(builder.bytes(), { base });

  it('counts on', () => expect([own, btf.typeCount]).toEqual([3, 3]));
  it('finds types of both', () => expect([btf.find('long'), btf.find('own'), btf.find('none')]).toEqual([long, own, undefined]));
  it('lists types of both', () => expect([...btf.ofKind('int'), ...btf.ofKind('struct')]).toEqual([long, bits, own]));
  it('takes names, sizes and widths from the kernel', () => {
    expect(btf.type(own)).toMatchObject({
      members: [
        { name: 'long', bitWidth: 0 },
        { name: 'long', bitOffset: 64, bitWidth: 3 },
      ],
    });
    expect([btf.sizeOf(long), btf.nameOf(long), btf.kindOf(long)]).toEqual([8, 'long', 'int']);
  });
});

describe('refuses', () => {
  const edit = (change: (bytes: Buffer) => void) => () => {
    const builder = new BtfBuilder();
    builder.int('int');
    const bytes = builder.bytes();
    change(bytes);
    parseBtf(bytes);
  };
  it.each<[string, () => unknown]>([
    ['no bytes', () => parseBtf(new Uint8Array(0))],
    ['another magic', edit((bytes) => bytes.writeUInt16LE(0x1234, 0))],
    ['another version', edit((bytes) => bytes.writeUInt8(2, 2))],
    ['a short header', edit((bytes) => bytes.writeUInt32LE(20, 4))],
    ['a header behind the end', edit((bytes) => bytes.writeUInt32LE(1000, 4))],
    ['types behind the end', edit((bytes) => bytes.writeUInt32LE(0xfffffff0, 12))],
    ['strings behind the end', edit((bytes) => bytes.writeUInt32LE(0xfffffff0, 16))],
    ['strings that do not end', edit((bytes) => bytes.writeUInt8(0x41, bytes.length - 1))],
    ['strings that start with a name', edit((bytes) => bytes.writeUInt8(0x41, bytes.length - 5))],
    ['an unknown kind', edit((bytes) => bytes.writeUInt32LE(25 << 24, 28))],
    ['kind 0', edit((bytes) => bytes.writeUInt32LE(0, 28))],
    ['a type that is cut off', edit((bytes) => bytes.writeUInt32LE((4 << 24) | 9, 28))],
    ['a type id behind the last', () => parseBtf(new BtfBuilder().bytes()).type(1)],
    ['a negative type id', () => parseBtf(new BtfBuilder().bytes()).type(-1)],
    ['a reference behind the last', () => lastType((b) => b.type(kind.pointer, { third: 9 }))],
    ['a member of a type behind the last', () => lastType((b) => b.type(kind.struct, { count: 1, words: [0, 9, 0] }))],
    ['an unknown linkage', () => lastType((b) => b.type(kind.function, { count: 3, third: 1 }))],
    ['an integer larger than its size', () => lastType((b) => b.int('i', 4, 33))],
    ['an enum of 3 bytes', () => lastType((b) => b.type(kind.enum, { third: 3 }))],
    ['a float of 3 bytes', () => lastType((b) => b.type(kind.float, { third: 3 }))],
    ['a name that is too long', () => lastType((b) => b.int('n'.repeat(MAX_NAME_BYTES + 1)))],
    ['a name outside the strings', () => lastType((b) => b.type(kind.struct, { count: 1, words: [0xffff, 1, 0] }))],
  ])('%s', (_, act) => expect(act).toThrow(invalid));

  it.each([kind.typedef, kind.const, kind.typeTag])('a cycle through kind %i', (number) => {
    const builder = new BtfBuilder();
    builder.type(number, { name: 'a', third: 2 });
    builder.type(number, { name: 'b', third: 1 });
    const btf = parseBtf(builder.bytes());
    expect(() => btf.strip(1)).toThrow(invalid);
    expect(() => btf.sizeOf(1)).toThrow(invalid);
  });

  it('an array of itself', () => {
    const builder = new BtfBuilder();
    builder.type(kind.array, { words: [1, 1, 1] });
    expect(() => parseBtf(builder.bytes()).sizeOf(1)).toThrow(invalid);
  });

  it('but takes a long chain that ends', () => {
    const builder = new BtfBuilder();
    let id = builder.int('int');
    for (let depth = 1; depth < MAX_REFERENCE_DEPTH; depth++) id = builder.type(kind.const, { third: id });
    expect(parseBtf(builder.bytes()).strip(id)).toMatchObject({ kind: 'int' });
  });
});
