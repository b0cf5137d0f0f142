/** The scalar kinds a field can have: the one list. Sizes in bytes; 0 means variable. */
export const kindSizes = {
  bool: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  int128: 16,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  uint128: 16,
  float32: 4,
  float64: 8,
  /** A kernel address; shown as hexadecimal. Eight bytes, whatever the machine. */
  pointer: 8,
  /** `char[N]` up to the first NUL when `origin` is the record; a JS string when it is a formula. */
  string: 0,
  /** Bytes without a meaning of their own; shown as hexadecimal. */
  bytes: 0,
  /** A struct or union; `children` are its members. */
  struct: 0,
  /** An array; `element` says of what. Shown as a JSON list. */
  list: 0,
} as const;

export type FieldKind = keyof typeof kindSizes;

/** Kinds whose value does not fit a double without rounding: a `bigint` in JavaScript. */
export function isWideKind(kind: FieldKind): boolean {
  return kind === 'int64' || kind === 'uint64' || kind === 'int128' || kind === 'uint128' || kind === 'pointer';
}
