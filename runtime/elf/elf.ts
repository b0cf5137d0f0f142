/** What kind of file an ELF header says it is. */
export type ElfType = 'relocatable' | 'executable' | 'shared' | 'core' | 'other';

export interface ElfHeader {
  readonly littleEndian: boolean;
  readonly type: ElfType;
  /** `e_machine`: see `elfMachines`. */
  readonly machine: number;
  /** Address of the first instruction; 0 when there is none. */
  readonly entry: bigint;
}

/** Machines that matter here, by their number in the header. */
export const elfMachines = { amd64: 62, arm64: 183, bpf: 247 } as const;

/** Section types that readers here ask for; a section may be of any other number. */
export const elfSectionTypes = {
  null: 0,
  programBits: 1,
  symbolTable: 2,
  stringTable: 3,
  relocationsWithAddends: 4,
  note: 7,
  noBits: 8,
  relocations: 9,
  dynamicSymbols: 11,
} as const;

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `sh_type`: see `elfSectionTypes`. */
  readonly type: number;
  /** `sh_flags`. */
  readonly flags: bigint;
  readonly address: bigint;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes in memory; a section without bits takes none in the file. */
  readonly size: number;
  /** Index of a section that this one needs: the strings of symbols, the symbols of relocations. */
  readonly link: number;
  readonly info: number;
  /** Bytes of one entry, for sections that are tables. */
  readonly entrySize: number;
  /** The section's bytes, a view of the file; none for a section without bits. ELF_INVALID when they end behind the file. */
  data(): Uint8Array;
}

export type ElfSymbolType = 'none' | 'object' | 'function' | 'section' | 'file' | 'common' | 'tls' | 'other';
export type ElfSymbolBinding = 'local' | 'global' | 'weak' | 'other';

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly type: ElfSymbolType;
  readonly binding: ElfSymbolBinding;
  /** Index of the section it is defined in; `undefined` for one that is absolute, common or defined elsewhere. */
  readonly section: number | undefined;
}

export interface ElfRelocation {
  /** Bytes from the start of the section that is relocated. */
  readonly offset: number;
  /** The machine's own number of what is to be done. */
  readonly type: number;
  /** Index into the symbol table. */
  readonly symbol: number;
  /** `undefined` where the addend stands in the relocated bytes. */
  readonly addend: bigint | undefined;
}

/** A parsed ELF file. Sections are listed at once; symbols, relocations and bytes are read when asked for. */
export interface Elf {
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  /** First section of that name. */
  section(name: string): ElfSection | undefined;
  /** Symbols in the file's order, without the empty first one; none when there is no such table. Reads them anew each time. */
  symbols(table?: 'static' | 'dynamic'): Iterable<ElfSymbol>;
  /** Relocations that apply to a section. Reads them anew each time. */
  relocations(section: ElfSection): Iterable<ElfRelocation>;
}
