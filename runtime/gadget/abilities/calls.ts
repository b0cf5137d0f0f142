import type { Elf, ElfSection, ElfSymbol } from '../../elf/elf.ts';
import { helperName } from './helper-names.ts';

/** What functions of an object call, callees' calls included. Names as the kernel has them: `bpf_probe_read`. */
export interface CallReader {
  callsOf(functionName: string): ReadonlySet<string>;
}

interface BpfFunction {
  readonly name: string;
  readonly section: ElfSection;
  readonly start: number;
  readonly end: number;
}

/** SHF_EXECINSTR. */
const executable = 4n;
const instructionBytes = 8;
// https://docs.kernel.org/bpf/standardization/instruction-set.html
const callInstruction = 0x85;
const loadWideInstruction = 0x18;
const callsHelper = 0;
const callsKfunc = 2;
/** What libbpf writes for code that cannot work on this kernel, 0xbad2310 for "bad relo": with it, no program is loaded that gets there. */
const badRelocation = 0xbad2310;

/** Reads the calls of an eBPF object from its instructions: helpers by number, kfuncs by the symbol that is not defined in the object. */
export function readCalls(elf: Elf): CallReader {
  const symbols = new Map([...elf.symbols()].map((symbol) => [symbol.index, symbol]));
  const functions = functionsOf(elf, symbols.values());
  const called = new Map<BpfFunction, ReadonlySet<string>>();
  const relocations = new Map<ElfSection, ReadonlyMap<number, ElfSymbol>>();

  function relocationsOf(section: ElfSection): ReadonlyMap<number, ElfSymbol> {
    let known = relocations.get(section);
    if (known === undefined) {
      const found = [...elf.relocations(section)].map(({ offset, symbol }) => [offset, symbols.get(symbol)] as const);
      known = new Map(found.filter((entry): entry is [number, ElfSymbol] => entry[1] !== undefined));
      relocations.set(section, known);
    }
    return known;
  }

  function collect(caller: BpfFunction, into: Set<string>, seen: Set<BpfFunction>): void {
    if (seen.has(caller)) return;
    seen.add(caller);
    for (const target of targetsOf(caller, relocationsOf(caller.section), elf)) {
      if (typeof target === 'string') into.add(target);
      else for (const callee of functions) if (contains(callee, target)) collect(callee, into, seen);
    }
  }

  return {
    callsOf(functionName) {
      const caller = functions.find(({ name }) => name === functionName);
      if (caller === undefined) return new Set();
      const known = called.get(caller);
      if (known !== undefined) return known;
      const calls = new Set<string>();
      collect(caller, calls, new Set());
      called.set(caller, calls);
      return calls;
    },
  };
}

function functionsOf(elf: Elf, symbols: Iterable<ElfSymbol>): readonly BpfFunction[] {
  const functions: BpfFunction[] = [];
  for (const { name, type, section: index, value, size } of symbols) {
    const section = index === undefined ? undefined : elf.sections[index];
    if (type !== 'function' || section === undefined || (section.flags & executable) === 0n) continue;
    functions.push({ name, section, start: Number(value), end: Number(value + size) });
  }
  return functions;
}

interface Place {
  readonly section: ElfSection;
  readonly offset: number;
}

function contains({ section, start, end }: BpfFunction, place: Place): boolean {
  return section === place.section && place.offset >= start && place.offset < end;
}

/** What a function calls itself: names of what the kernel has, places of what the object has. */
function* targetsOf(caller: BpfFunction, relocations: ReadonlyMap<number, ElfSymbol>, elf: Elf): Generator<string | Place> {
  const bytes = caller.section.data();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.min(caller.end, bytes.length - (bytes.length % instructionBytes));
  for (let at = caller.start; at + instructionBytes <= end; at += instructionBytes) {
    const [code, source, immediate] = [view.getUint8(at), view.getUint8(at + 1) >> 4, view.getInt32(at + 4, true)];
    const symbol = relocations.get(at);
    if (code === callInstruction) {
      if (symbol !== undefined) yield calledSymbol(symbol, (immediate + 1) * instructionBytes, elf);
      else if (source === callsKfunc) yield `kfunc ${immediate}`;
      else if (source !== callsHelper) yield { section: caller.section, offset: at + (immediate + 1) * instructionBytes };
      else if (immediate !== badRelocation) yield helperName(immediate);
    } else if (code === loadWideInstruction) {
      // The address of a callback, or of data, which no function contains.
      if (symbol?.section !== undefined) yield calledSymbol(symbol, immediate, elf);
      at += instructionBytes;
    }
  }
}

function calledSymbol(symbol: ElfSymbol, addend: number, elf: Elf): string | Place {
  const section = symbol.section === undefined ? undefined : elf.sections[symbol.section];
  if (section === undefined) return symbol.name;
  return { section, offset: Number(symbol.value) + (symbol.type === 'section' ? addend : 0) };
}
