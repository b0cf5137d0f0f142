import { expect, it } from 'vitest';
import { stripDebugSections } from '../../builder/strip-debug.ts';
import type { Elf, ElfSection } from '../../runtime/elf/elf.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const source = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
struct event { __u32 pid; };
GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(open, events, event);
const volatile int limit = 7;
GADGET_PARAM(limit);
static __attribute__((noinline)) int helper(int x) { return x + limit; }
SEC("tp/a/b") int one(void *ctx) {
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event) return 0;
	event->pid = helper(3);
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}
`;
const original = await compileBpf(source);
const before = parseElf(original);
const stripped = stripDebugSections(original);
const after = parseElf(stripped);

const isKept = ({ name, type }: ElfSection) => !/^\.(rel)?\.?debug_/.test(name) && name !== '.llvm_addrsig' && type !== 0;

/** Relocations of a section by the names that they mean, which stay the same while numbers change. */
function relocations(elf: Elf, section: ElfSection) {
  const symbols = [...elf.symbols()];
  const named = (index: number) => {
    const symbol = symbols.find((candidate) => candidate.index === index)!;
    return `${symbol.name || elf.sections[symbol.section!]!.name}+${symbol.value}`;
  };
  return [...elf.relocations(section)].map(({ offset, type, symbol }) => [offset, type, named(symbol)]);
}

it('takes out the debug sections and nothing else', () => {
  expect(before.sections.some(({ name }) => name === '.debug_info')).toBe(true);
  expect(after.sections.filter(({ type }) => type !== 0).map(({ name }) => name)).toEqual(
    before.sections.filter(isKept).map(({ name }) => name),
  );
  expect(stripped.length).toBeLessThan(original.length / 2);
});

it('keeps bytes, alignment and meaning of the rest', () => {
  for (const section of before.sections.filter(isKept)) {
    const same = after.section(section.name)!;
    expect([same.type, same.flags, same.address, same.entrySize], section.name).toEqual([
      section.type,
      section.flags,
      section.address,
      section.entrySize,
    ]);
    expect(relocations(after, same), section.name).toEqual(relocations(before, section));
    if (section.type === 1 || section.type === 3) expect(Buffer.from(same.data()).equals(section.data()), section.name).toBe(true);
    expect(after.sections[same.link]?.name).toBe(before.sections[section.link]?.name);
  }
});

it('keeps the symbols of what stays', () => {
  const list = (elf: Elf) =>
    [...elf.symbols()]
      .map(
        ({ name, value, size, type, binding, section }) =>
          `${name} ${value} ${size} ${type} ${binding} ${section === undefined ? '' : elf.sections[section]!.name}`,
      )
      .filter((line) => !line.includes('.debug_'));
  expect(list(after)).toEqual(list(before));
  // Local symbols come first, and the table says how many.
  const table = after.section('.symtab')!;
  expect(table.info).toBe([...after.symbols()].filter(({ binding }) => binding === 'local').length + 1);
});

it('leaves a spec as it was', () => {
  const specOf = (object: Uint8Array) => {
    const { programs, maps, params, sources } = specFromParts(
      { name: 'g', architecture: 'amd64', object, metadataText: undefined },
      () => {},
    );
    return { programs, maps, params, sources };
  };
  expect(specOf(stripped)).toEqual(specOf(original));
});

it('has nothing to do twice', () => {
  expect(stripDebugSections(stripped)).toBe(stripped);
});

it('refuses what is no object', () => {
  expect(() => stripDebugSections(new Uint8Array(64))).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }));
});
