import type { Btf, BtfType } from '../btf.ts';
import { scalarInC } from './scalars.ts';

type BtfEnum = Extract<BtfType, { kind: 'enum' }>;

/** What no type, member or enumerator can be called: C's own words, and what the compiler defines by itself. */
const reserved = [
  ...['auto', 'break', 'case', 'char', 'const', 'continue', 'default', 'do', 'double', 'else', 'enum', 'extern', 'float', 'for'],
  ...['goto', 'if', 'inline', 'int', 'long', 'register', 'restrict', 'return', 'short', 'signed', 'sizeof', 'static', 'struct'],
  ...['switch', 'typedef', 'union', 'unsigned', 'void', 'volatile', 'while', 'asm', 'typeof', '_Bool', '__int128', '__builtin_va_list'],
];
const reservedSet: ReadonlySet<string> = new Set(reserved);

/** A name made fit for C: what other languages put into BTF (`Option<u8>`) loses its other characters. */
export function identifier(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]/.test(clean) || reservedSet.has(clean) ? `_${clean}` : clean;
}

/** One of C's name spaces. A name that is taken gets `___2`, `___3`, …: CO-RE ignores what follows three underscores. */
class NameSpace {
  readonly #taken: Set<string>;
  /** The last number tried for a name, so that many duplicates do not cost a search each. */
  readonly #last = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  take(wanted: string): string {
    let name = wanted;
    let number = this.#last.get(wanted) ?? 1;
    while (this.#taken.has(name)) name = `${wanted}___${++number}`;
    this.#taken.add(name);
    this.#last.set(wanted, number);
    return name;
  }
}

/**
 * The C names of all types: in the kernel different files may use one name for different types, and BTF has one
 * name space a kind where C has two (tags; typedefs and enumerators). The first type of a name keeps it.
 */
export class CNames {
  readonly #btf: Btf;
  readonly #tags = new NameSpace();
  readonly #identifiers = new NameSpace(reserved);
  readonly #byType = new Map<number, string>();
  readonly #enumerators = new Map<number, readonly string[]>();

  constructor(btf: Btf) {
    this.#btf = btf;
    const defined = new Map<string, string>();
    for (let id = 1; id <= btf.typeCount; id++) this.#nameDefinition(id, defined);
    for (let id = 1; id <= btf.typeCount; id++) this.#nameDeclaration(id, defined);
  }

  /** A type's specifier: `struct file`, `u32`, `unsigned int`. Only for types that have a name, and void. */
  specifier(id: number): string {
    return this.#byType.get(id) ?? 'void';
  }

  /** Names for an enum's values; an anonymous enum that is written again gets new ones. */
  enumerators(type: BtfEnum): readonly string[] {
    const names = this.#enumerators.get(type.id) ?? this.#takeEnumerators(type);
    this.#enumerators.delete(type.id);
    return names;
  }

  #nameDefinition(id: number, defined: Map<string, string>): void {
    const kind = this.#btf.kindOf(id);
    if (kind === 'typedef') this.#byType.set(id, this.#identifiers.take(this.#nameOf(id)));
    if (kind === 'struct' || kind === 'union') this.#nameTag(id, kind, defined);
    if (kind === 'int' || kind === 'float') this.#nameScalar(id);
    if (kind === 'enum') this.#nameEnum(id, defined);
  }

  #nameOf(id: number): string {
    const name = this.#btf.nameOf(id);
    return reservedSet.has(name) ? name : identifier(name);
  }

  #nameTag(id: number, keyword: string, defined: Map<string, string>): void {
    const name = identifier(this.#btf.nameOf(id));
    if (name === '') return;
    const specifier = `${keyword} ${this.#tags.take(name)}`;
    this.#byType.set(id, specifier);
    if (!defined.has(`${keyword} ${name}`)) defined.set(`${keyword} ${name}`, specifier);
  }

  #nameScalar(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind !== 'int' && type.kind !== 'float') return;
    this.#byType.set(id, scalarInC(type).words ?? this.#identifiers.take(identifier(type.name || 'scalar')));
  }

  #nameEnum(id: number, defined: Map<string, string>): void {
    const type = this.#btf.type(id);
    if (type.kind !== 'enum' || isEnumDeclaration(type)) return;
    this.#nameTag(id, 'enum', defined);
    this.#enumerators.set(id, this.#takeEnumerators(type));
  }

  #takeEnumerators(type: BtfEnum): string[] {
    return type.values.map(({ name }) => this.#identifiers.take(identifier(name)));
  }

  /** A declaration means the definition of that name, if there is one. */
  #nameDeclaration(id: number, defined: Map<string, string>): void {
    const type = this.#btf.kindOf(id) === 'forward' || this.#btf.kindOf(id) === 'enum' ? this.#btf.type(id) : undefined;
    const keyword = type === undefined ? undefined : declarationKeyword(type);
    if (keyword === undefined) return;
    const known = defined.get(`${keyword} ${identifier(this.#btf.nameOf(id))}`);
    if (known === undefined) this.#nameTag(id, keyword, defined);
    else this.#byType.set(id, known);
  }
}

/** Whether an enum is only declared: named and without values. */
export function isEnumDeclaration(type: BtfEnum): boolean {
  return type.name !== '' && type.values.length === 0;
}

function declarationKeyword(type: BtfType): 'struct' | 'union' | 'enum' | undefined {
  if (type.kind === 'forward') return type.union ? 'union' : 'struct';
  return type.kind === 'enum' && isEnumDeclaration(type) ? 'enum' : undefined;
}
