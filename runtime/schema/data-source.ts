import type { FieldKind } from './kinds.ts';

/**
 * A field's value as JavaScript sees it: 64-bit and wider integers and pointers are `bigint`, smaller ones and floats `number`,
 * `bool` is boolean, `string` a string, `bytes` a borrowed view, `list` an array, `struct` an object.
 */
export type Value = boolean | number | bigint | string | Uint8Array | readonly Value[] | { readonly [member: string]: Value } | null;

/** Where in the record a field's bytes are. */
export interface RecordOrigin {
  readonly from: 'record';
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes; for a bit-field, of the storage it is read from. */
  readonly size: number;
  /** Bit-fields only: position of the lowest bit within the storage, and width. */
  readonly bits?: { readonly offset: number; readonly width: number };
}

/** A field computed from others, each time somebody asks for it and never else. */
export interface FormulaOrigin {
  readonly from: 'formula';
  readonly inputs: readonly Field[];
  /** Pure but for caches; one argument per input, in the kinds' JavaScript values. Must not throw. */
  readonly evaluate: (...inputs: never[]) => Value;
  /** A fast path: writes the value as text into `out` at `at` and returns the new position (the writer keeps 256 bytes free). ASCII only, nothing that JSON would escape. */
  readonly write?: (out: Uint8Array, at: number, ...inputs: never[]) => number;
}

/** What the elements of a `list` are. */
export interface ListElement {
  readonly kind: FieldKind;
  /** Bytes from one element to the next. */
  readonly stride: number;
  /** Number of elements in the record; for a formula 0. */
  readonly count: number;
  /** For `struct` elements: members with offsets from the start of the element. Empty for lists of lists, of which `element` tells more. */
  readonly children: readonly Field[];
  readonly element?: ListElement;
}

/** One field of a data source. A tree: `children` of a `struct`; formula fields that annotate a struct (`src.addr`) are its children too. */
export interface Field {
  /** Last part of the name: `comm`. */
  readonly name: string;
  /** Dotted path from the data source: `proc.comm`. */
  readonly fullName: string;
  readonly kind: FieldKind;
  readonly origin: RecordOrigin | FormulaOrigin;
  readonly children: Field[];
  readonly element?: ListElement;
  /** Names on the way from the member's type to its base type: `['gadget_pid', '__u32', 'unsigned int']`. */
  readonly typeNames: readonly string[];
  /** The enum that the member is declared with, if any. Values are exact; `isSet` when the enum's name ends in `_set`. */
  readonly enumeration?: Enumeration;
  /** gadget.yaml's, plus what templates and defaults add. Keys in lower case. */
  readonly annotations: Map<string, string>;
  readonly tags: Set<string>;
  /** Left out of output unless named: raw parts that a readable field replaces. */
  hidden: boolean;
}

export interface Enumeration {
  readonly name: string;
  readonly isSet: boolean;
  readonly values: ReadonlyArray<{ readonly name: string; readonly value: bigint }>;
}

/** A named, typed stream of records. */
export interface DataSource {
  readonly name: string;
  /** `single`: one event at a time. `array`: whole tables, each replacing the one before. */
  readonly shape: 'single' | 'array';
  /** Name of the struct that a record is; empty for key+value pairs of a map. */
  readonly typeName: string;
  /** Bytes of a full record; shorter ones are padded with zeros before anyone reads them. */
  readonly recordSize: number;
  /** Top level, in declaration order. */
  readonly fields: Field[];
  readonly annotations: Map<string, string>;
  readonly tags: Set<string>;
}

/** Every field of a data source, parents before children, in declaration order. */
export function* walkFields(fields: readonly Field[]): Generator<Field> {
  for (const field of fields) {
    yield field;
    yield* walkFields(field.children);
  }
}

/** The field of that full name; a match without case when no exact one exists. */
export function findField(dataSource: DataSource, fullName: string): Field | undefined {
  let loose: Field | undefined;
  for (const field of walkFields(dataSource.fields)) {
    if (field.fullName === fullName) return field;
    if (loose === undefined && field.fullName.toLowerCase() === fullName.toLowerCase()) loose = field;
  }
  return loose;
}
