import type { Elf, ElfSymbol } from '../elf/elf.ts';

/** Names of the programs that the object itself puts into maps: those that others call by `bpf_tail_call()`. */
export function tailCalledPrograms(elf: Elf): ReadonlySet<string> {
  const maps = elf.section('.maps');
  if (maps === undefined) return new Set();
  // Relocations count the empty first symbol.
  const symbols: (ElfSymbol | undefined)[] = [undefined, ...elf.symbols()];
  const functions = [...elf.relocations(maps)].map(({ symbol }) => symbols[symbol]).filter((symbol) => symbol?.type === 'function');
  return new Set(functions.map((symbol) => symbol!.name));
}
