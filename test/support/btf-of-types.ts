import { GadgetError } from '../../runtime/base/errors.ts';
import type { Btf, BtfMember, BtfType } from '../../runtime/btf/btf.ts';

/** A BTF made of a list of types, for tests that need no bytes. Methods of the builder return the new type's id. */
export class TypeList implements Btf {
  readonly #types: BtfType[] = [{ kind: 'void', id: 0, name: '' }];

  get typeCount(): number {
    return this.#types.length - 1;
  }

  int(name: string, size: number, options: { signed?: boolean; bool?: boolean; bits?: number } = {}): number {
    const { signed = false, bool = false, bits = size * 8 } = options;
    return this.#add((id) => ({ kind: 'int', id, name, size, bits, bitOffset: 0, signed, bool, char: false }));
  }

  float(name: string, size: number): number {
    return this.#add((id) => ({ kind: 'float', id, name, size }));
  }

  refer(kind: 'pointer' | 'typedef' | 'volatile' | 'const', type: number, name = ''): number {
    return this.#add((id) => ({ kind, id, name, type }));
  }

  array(type: number, count: number): number {
    return this.#add((id) => ({ kind: 'array', id, name: '', type, indexType: 0, count }));
  }

  /** Members as `[name, type, byteOffset]`, or with bit offset and width for bit-fields. */
  struct(
    name: string,
    size: number,
    members: readonly (readonly [string, number, number] | BtfMember)[],
    kind: 'struct' | 'union' = 'struct',
  ) {
    const all = members.map((m) => ('type' in m ? m : { name: m[0], type: m[1], bitOffset: m[2] * 8, bitWidth: 0 }));
    return this.#add((id) => ({ kind, id, name, size, members: all }));
  }

  enumeration(name: string, size: number, values: Readonly<Record<string, bigint>>, signed = false): number {
    const list = Object.entries(values).map(([key, value]) => ({ name: key, value }));
    return this.#add((id) => ({ kind: 'enum', id, name, size, signed, values: list }));
  }

  #add(make: (id: number) => BtfType): number {
    this.#types.push(make(this.#types.length));
    return this.#types.length - 1;
  }

  type(id: number): BtfType {
    const type = this.#types[id];
    if (type === undefined) throw new GadgetError('BTF_INVALID', `no type ${id}`);
    return type;
  }

  kindOf(id: number): BtfType['kind'] {
    return this.type(id).kind;
  }

  nameOf(id: number): string {
    return this.type(id).name;
  }

  find(name: string, kind?: BtfType['kind']): number | undefined {
    return this.#types.find((type) => type.name === name && (kind === undefined || type.kind === kind))?.id;
  }

  ofKind(kind: BtfType['kind']): Iterable<number> {
    return this.#types.filter((type) => type.kind === kind).map((type) => type.id);
  }

  strip(id: number): BtfType {
    const type = this.type(id);
    const through = type.kind === 'typedef' || type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict';
    return through || type.kind === 'type_tag' ? this.strip(type.type) : type;
  }

  sizeOf(id: number): number {
    const type = this.strip(id);
    if (type.kind === 'array') return type.count * this.sizeOf(type.type);
    if (type.kind === 'pointer') return 8;
    return 'size' in type ? type.size : 0;
  }
}
