/**
 * One type of a .BTF section. Ids are those of the section; id 0 is `void`.
 * References (`type`, `returns`, …) are ids again, so that decoding one type never decodes another.
 * Format: https://docs.kernel.org/bpf/btf.html
 */
export type BtfType =
  | { readonly kind: 'void'; readonly id: 0; readonly name: '' }
  | {
      readonly kind: 'int';
      readonly id: number;
      readonly name: string;
      readonly size: number;
      readonly bits: number;
      readonly bitOffset: number;
      readonly signed: boolean;
      readonly bool: boolean;
      readonly char: boolean;
    }
  | { readonly kind: 'float'; readonly id: number; readonly name: string; readonly size: number }
  | {
      readonly kind: 'pointer' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag';
      readonly id: number;
      readonly name: string;
      readonly type: number;
    }
  | {
      readonly kind: 'array';
      readonly id: number;
      readonly name: '';
      readonly type: number;
      readonly indexType: number;
      readonly count: number;
    }
  | {
      readonly kind: 'struct' | 'union';
      readonly id: number;
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: 'enum';
      readonly id: number;
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: ReadonlyArray<{ readonly name: string; readonly value: bigint }>;
    }
  | { readonly kind: 'forward'; readonly id: number; readonly name: string; readonly union: boolean }
  | {
      readonly kind: 'function';
      readonly id: number;
      readonly name: string;
      readonly type: number;
      readonly linkage: 'static' | 'global' | 'extern';
    }
  | {
      readonly kind: 'function_prototype';
      readonly id: number;
      readonly name: '';
      readonly returns: number;
      readonly params: ReadonlyArray<{ readonly name: string; readonly type: number }>;
    }
  | {
      readonly kind: 'variable';
      readonly id: number;
      readonly name: string;
      readonly type: number;
      readonly linkage: 'static' | 'global' | 'extern';
    }
  | {
      readonly kind: 'data_section';
      readonly id: number;
      readonly name: string;
      readonly size: number;
      readonly variables: ReadonlyArray<{ readonly type: number; readonly offset: number; readonly size: number }>;
    }
  | { readonly kind: 'declaration_tag'; readonly id: number; readonly name: string; readonly type: number; readonly component: number };

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits; 0 when it is no bit-field. */
  readonly bitWidth: number;
}

/** A parsed .BTF section. Types are decoded when asked for. ("enum64" is kind `enum` too.) */
export interface Btf {
  /** Types without void: ids are 1…typeCount. */
  readonly typeCount: number;
  /** BTF_INVALID for an id that does not exist. */
  type(id: number): BtfType;
  kindOf(id: number): BtfType['kind'];
  nameOf(id: number): string;
  /** First type of that name (and kind). */
  find(name: string, kind?: BtfType['kind']): number | undefined;
  /** Ids of all types of a kind, in order. */
  ofKind(kind: BtfType['kind']): Iterable<number>;
  /** Past typedefs, const, volatile, restrict and type tags; bounded, BTF_INVALID on a cycle. */
  strip(id: number): BtfType;
  /** Bytes of a value of that type. */
  sizeOf(id: number): number;
}
