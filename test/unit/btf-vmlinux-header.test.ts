import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { writeVmlinuxHeader } from '../../runtime/btf/vmlinux-header.ts';
import { BtfBuilder, kind } from '../support/btf-builder.ts';
import { btfOf, compileForBpf, layoutDifferences } from '../support/btf-roundtrip.ts';

const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
const headers = join(import.meta.dirname, '../../gadgets/include/vmlinux');

/** Header lines without those that every header has. */
function body(header: string): string[] {
  const lines = header.split('\n').filter((line) => line !== '');
  return lines.slice(lines.indexOf('#endif') + 1, lines.lastIndexOf('#pragma clang attribute pop') - 1);
}

/** What is written for the one type called `name` in C source. */
function written(source: string, name: string): string {
  const lines = body(writeVmlinuxHeader(btfOf(source)));
  const start = lines.indexOf(`${name} {`);
  return lines.slice(start, lines.findIndex((line, index) => index >= start && line.startsWith('}')) + 1).join('\n');
}

describe('structs keep their layout', () => {
  it.each([
    ['nothing', 'struct s { };', 'struct s {\n};'],
    ['members in a row', 'struct s { char a; int b; };', 'struct s {\n\tchar a;\n\tint b;\n};'],
    ['packed', 'struct s { char a; int b; } __attribute__((packed));', 'struct s {\n\tchar a;\n\tint b;\n} __attribute__((packed));'],
    [
      'a hole that alignment does not make',
      'struct s { int a; int b __attribute__((aligned(32))); };',
      `struct s {\n\tint a;\n${'\tunsigned char: 8;\n'.repeat(4)}${'\tunsigned long: 64;\n'.repeat(3)}\tint b;\n${'\tunsigned char: 8;\n'.repeat(4)}${'\tunsigned long: 64;\n'.repeat(3)}};`,
    ],
    [
      'bit-fields with a hole',
      'struct s { int a: 3; int: 7; unsigned b: 9; char c; };',
      'struct s {\n\tint a: 3;\n\tunsigned char: 5;\n\tunsigned char: 2;\n\tunsigned int b: 9;\n\tchar c;\n};',
    ],
    [
      'a bit-field across its unit',
      'struct s { unsigned a: 20; unsigned b: 20; } __attribute__((packed));',
      'struct s {\n\tunsigned int a: 20;\n\tunsigned int b: 20;\n} __attribute__((packed));',
    ],
    [
      'a union larger than its members',
      'union s { int a; } __attribute__((aligned(8)));',
      'union s {\n\tint a;\n\tstruct {\n\t\tunsigned long: 64;\n\t} __attribute__((packed));\n};',
    ],
    [
      'anonymous members',
      'struct s { union { int a; struct { char b; } named; }; };',
      'struct s {\n\tunion {\n\t\tint a;\n\t\tstruct {\n\t\t\tchar b;\n\t\t} named;\n\t};\n};',
    ],
    ['a flexible array', 'struct s { int n; char rest[]; };', 'struct s {\n\tint n;\n\tchar rest[0];\n};'],
    ['a wide integer', 'struct s { __int128 a; };', 'struct s {\n\t__int128 a;\n};'],
  ])('%s', (_, definition, wanted) => {
    const name = definition.slice(0, definition.indexOf(' {'));
    const source = `${definition}\n${name} variable;\n`;
    const btf = btfOf(source);
    const header = writeVmlinuxHeader(btf);
    expect(body(header).join('\n')).toContain(wanted);
    expect(layoutDifferences(btf, header, [btf.find('s')!])).toEqual([]);
  });
});

describe('declarations', () => {
  const member = (declaration: string) =>
    written(`typedef int number; struct node; struct s { ${declaration}; }; struct s v;`, 'struct s').split('\n')[1]?.trim();

  it.each([
    'const char *name;',
    'char *const name;',
    'const volatile int *const *name;',
    'int (*function)(char *, struct node *, ...);',
    'void (*nothing)(void);',
    'int *(*returns)(number);',
    'int (*pointer)[3];',
    'int *pointers[3][4];',
    'void (*functions[2])(int);',
    'void (*(*nested)(int))(char);',
    'struct node *next;',
    'number count;',
    'volatile number counts[2];',
  ])('%s', (declaration) => expect(member(declaration.slice(0, -1))).toBe(declaration));
});

describe('enums', () => {
  it.each([
    ['enum e { A = -1, B = 2 };', 'enum e {\n\tA = -1,\n\tB = 2,\n};'],
    ['enum e { A = 4294967295U };', 'enum e {\n\tA = 4294967295,\n};'],
    ['enum e { A = 18446744073709551615ULL };', 'enum e {\n\tA = 18446744073709551615ULL,\n};'],
    ['enum e { A = -9223372036854775807LL - 1 };', 'enum e {\n\tA = (-9223372036854775807LL - 1),\n};'],
    ['enum e { A = 1 } __attribute__((packed));', 'enum e {\n\tA = 1,\n} __attribute__((packed));'],
    ['enum e { A = 200 } __attribute__((packed));', 'enum e {\n\tA = 200,\n} __attribute__((packed));'],
    ['enum e { A = -2, B = 300 } __attribute__((packed));', 'enum e {\n\tA = -2,\n\tB = 300,\n} __attribute__((packed));'],
    ['enum e { A = 1 } __attribute__((mode(__HI__)));', 'enum e {\n\tA = 1,\n} __attribute__((mode(__HI__)));'],
    ['enum e { A = 1, B = 2 } __attribute__((mode(__DI__)));', 'enum e {\n\tA = 1LL,\n\tB = 2LL,\n} __attribute__((mode(__DI__)));'],
  ])('%s', (definition, wanted) => {
    const btf = btfOf(`${definition} enum e variable;`);
    const header = writeVmlinuxHeader(btf);
    expect(body(header).join('\n')).toContain(wanted);
    const again = btfOf(`${header}\nenum e variable;`);
    const { id: _, ...type } = again.type(again.find('e', 'enum')!);
    expect(btf.type(btf.find('e', 'enum')!)).toMatchObject(type);
  });
});

describe('names', () => {
  function header(build: (builder: BtfBuilder, int: number) => void): string {
    const builder = new BtfBuilder();
    build(builder, builder.int('int', 4, 0x01000020));
    const text = writeVmlinuxHeader(parseBtf(builder.bytes()));
    compileForBpf(text);
    return body(text).join('\n');
  }
  const struct = (builder: BtfBuilder, name: string, ...members: [string, number][]) =>
    builder.type(kind.struct, {
      name,
      count: members.length,
      third: members.length * 4,
      words: members.flatMap(([member, type], index) => [builder.string(member), type, index * 32]),
    });

  it.each<[string, (builder: BtfBuilder, int: number) => void, string[]]>([
    [
      'of two structs',
      (b, int) => [struct(b, 's', ['a', int]), struct(b, 's', ['b', int])],
      ['struct s {\n\tint a;\n};', 'struct s___2 {\n\tint b;\n};'],
    ],
    [
      'of a struct and a union',
      (b, int) => [struct(b, 's', ['a', int]), b.type(kind.union, { name: 's', third: 0 })],
      ['struct s {', 'union s___2 {'],
    ],
    ['of a struct and a typedef', (b) => b.type(kind.typedef, { name: 's', third: struct(b, 's') }), ['struct s {', 'typedef struct s s;']],
    [
      'of two enumerators',
      (b) => [1, 2].map((value) => b.type(kind.enum, { count: 1, third: 4, words: [b.string('A'), value] })),
      ['enum {\n\tA = 1,\n};', 'enum {\n\tA___2 = 2,\n};'],
    ],
    [
      'of a struct and its declaration',
      (b, int) => [b.type(kind.forward, { name: 's' }), struct(b, 's', ['a', int])],
      ['struct s {\n\tint a;\n};'],
    ],
    ['that only declares', (b) => b.type(kind.forward, { name: 's', flag: true }), ['union s;']],
    ['that is a word of C', (b, int) => struct(b, 'static', ['default', int]), ['struct _static {\n\tint _default;\n};']],
    ['of other languages', (b, int) => struct(b, 'Option<u8>', ['0', int]), ['struct Option_u8_ {\n\tint _0;\n};']],
    ['that would break out', (b, int) => struct(b, 'a{};\n#error', ['b', int]), ['struct a_____error {']],
    [
      "of the compiler's own type",
      (b, int) => b.type(kind.typedef, { name: '__builtin_va_list', third: int }),
      ['typedef int __builtin_va_list___2;'],
    ],
    ['of an integer that C does not have', (b) => b.int('u128x', 16, 128), ['typedef unsigned __int128 u128x;']],
    [
      'of a floating type that BPF does not have',
      (b) => b.type(kind.float, { name: 'long double', third: 16 }),
      ['typedef unsigned char long_double[16];'],
    ],
  ])('%s', (_, build, wanted) => {
    const text = header(build);
    for (const part of wanted) expect(text).toContain(part);
  });
});

describe('order', () => {
  it('puts what is contained first and declares what is pointed to', () => {
    const btf = btfOf(`struct c; typedef void (*callback)(struct c *);
      struct a { struct c *c; callback f; };
      struct b { struct a a; };
      struct c { struct b b; };
      struct c variable;`);
    const definitions = body(writeVmlinuxHeader(btf)).filter((line) => !line.startsWith('\t') && !line.startsWith('}'));
    expect(definitions).toEqual(['struct c;', 'typedef void (*callback)(struct c *);', 'struct a {', 'struct b {', 'struct c {']);
  });

  it('is the same every time', () => {
    const btf = btfOf('struct a { int x; }; struct b { struct a a; } variable;');
    expect(writeVmlinuxHeader(btf)).toBe(writeVmlinuxHeader(btf));
  });
});

describe('impossible types', () => {
  const build = (make: (builder: BtfBuilder, int: number) => void) => {
    const builder = new BtfBuilder();
    make(builder, builder.int('int', 4, 0x01000020));
    return parseBtf(builder.bytes());
  };

  it.each<[string, (builder: BtfBuilder, int: number) => void]>([
    ['a struct in itself', (b) => b.type(kind.struct, { name: 's', count: 1, third: 4, words: [0, 2, 0] })],
    ['an anonymous struct in itself', (b) => b.type(kind.struct, { count: 1, third: 4, words: [b.string('m'), 2, 0] })],
    ['a pointer to itself', (b) => b.type(kind.typedef, { name: 't', third: b.type(kind.pointer, { third: 2 }) })],
    ['padding without end', (b) => b.type(kind.struct, { name: 's', third: 0xffffffff })],
    ['a member without size', (b) => b.type(kind.struct, { name: 's', count: 1, third: 4, words: [b.string('m'), 0, 0] })],
  ])('%s', (_, make) => expect(() => writeVmlinuxHeader(build(make))).toThrow(expect.objectContaining({ code: 'BTF_INVALID' })));

  it('nesting that is deep but possible is written', () => {
    const btf = build((b, int) => {
      const members = Array.from({ length: 0xffff }, (_, index) => [b.string(`m${index}`), int, index * 32]).flat();
      let inner = b.type(kind.struct, { name: 'inner', count: 0xffff, third: 0xffff * 4, words: members });
      for (let depth = 0; depth < 400; depth++) {
        inner = b.type(kind.struct, { name: `s${depth}`, count: 1, third: 0xffff * 4, words: [b.string('m'), inner, 0] });
      }
      b.type(kind.typedef, { name: 'outermost', third: inner });
    });
    expect(writeVmlinuxHeader(btf)).toContain('struct s399 {\n\tstruct s398 m;\n};');
  });

  it('overlapping members leave a struct of the right size', () => {
    const btf = build((b, int) =>
      b.type(kind.struct, { name: 's', count: 2, third: 8, words: [b.string('a'), int, 0, b.string('b'), int, 16] }),
    );
    const header = writeVmlinuxHeader(btf);
    expect(body(header).join('\n')).toBe('struct s {\n\tunsigned long: 64;\n} __attribute__((packed));');
    compileForBpf(`${header}\n_Static_assert(sizeof(struct s) == 8, "");`);
  });
});

describe("this machine's kernel", () => {
  it.skipIf(!existsSync(KERNEL_BTF))(
    `has the same layouts in the header as in ${KERNEL_BTF}`,
    () => {
      const btf = parseBtf(readFileSync(KERNEL_BTF));
      const header = writeVmlinuxHeader(btf);
      const records = [...btf.ofKind('struct'), ...btf.ofKind('union')].filter((id) => btf.nameOf(id) !== '' && btf.sizeOf(id) > 0);
      const sample = records.filter((_, index) => index % 17 === 0);
      expect(sample.length).toBeGreaterThan(100);
      expect(layoutDifferences(btf, header, sample)).toEqual([]);
    },
    60_000,
  );
});

describe('the headers for gadget authors', () => {
  it.each([
    ['amd64', 'sizeof(struct pt_regs) == 168 && __builtin_offsetof(struct pt_regs, ip) == 128'],
    ['arm64', 'sizeof(struct user_pt_regs) == 272 && __builtin_offsetof(struct user_pt_regs, pc) == 256'],
  ])('for %s compiles and has its registers', (architecture, fact) => {
    const source = `#include "vmlinux.h"\n_Static_assert(${fact}, "");\n_Static_assert(sizeof(struct list_head) == 16, "");\nu64 one(struct task_struct *t) { return t->start_time; }\n`;
    expect(compileForBpf(source, ['-I', join(headers, architecture)]).length).toBeGreaterThan(0);
  });
});
