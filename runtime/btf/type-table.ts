import { GadgetError } from '../base/errors.ts';
import type { BtfHeader, BtfKind } from './format.ts';
import { ENUM32, ENUM64, extraBytes, kindsByNumber, MAX_TYPES, TYPE_BYTES } from './format.ts';

/**
 * Where each type of a .BTF file starts: one number a type, found in one pass over the bytes.
 * The pass checks that every type's words are inside the file, so reads below `wordsOf` need no check of their own.
 */
export class TypeTable {
  /** Id of the first type of this file; above 1 when it builds on a base. */
  readonly firstId: number;
  /** Id behind the last type. */
  readonly endId: number;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #positions: Uint32Array;
  #byKind: ReadonlyMap<BtfKind, Uint32Array> | undefined;

  constructor(bytes: Uint8Array, header: BtfHeader, firstId: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + header.typesAt, header.typesSize);
    this.#littleEndian = header.littleEndian;
    this.firstId = firstId;
    this.#positions = this.#index();
    this.endId = firstId + this.#positions.length;
  }

  /** Position of a type's first word. The id must be one of this table. */
  position(id: number): number {
    return this.#positions[id - this.firstId]!;
  }

  word(position: number): number {
    return this.#view.getUint32(position, this.#littleEndian);
  }

  signedWord(position: number): number {
    return this.#view.getInt32(position, this.#littleEndian);
  }

  kindNumber(id: number): number {
    return (this.word(this.position(id) + 4) >>> 24) & 0x1f;
  }

  kind(id: number): BtfKind {
    return kindsByNumber[this.kindNumber(id)]!;
  }

  /** Ids of all types of a kind, in order. They are sorted once, for all kinds. */
  idsOf(kind: BtfKind): Uint32Array {
    this.#byKind ??= this.#sortByKind();
    return this.#byKind.get(kind) ?? new Uint32Array();
  }

  #sortByKind(): ReadonlyMap<BtfKind, Uint32Array> {
    const counts = new Uint32Array(kindsByNumber.length);
    const { firstId, endId } = this;
    for (let id = firstId; id < endId; id++) counts[this.kindNumber(id)]!++;
    const totals = new Map<BtfKind, number>();
    for (const [number, kind] of kindsByNumber.entries()) totals.set(kind, (totals.get(kind) ?? 0) + counts[number]!);
    const sorted = new Map([...totals].map(([kind, total]) => [kind, new Uint32Array(total)]));
    const lists = kindsByNumber.map((kind) => sorted.get(kind)!);
    const ends = new Uint32Array(kindsByNumber.length);
    for (let id = firstId; id < endId; id++) {
      const number = this.kindNumber(id);
      const list = number === ENUM64 ? ENUM32 : number;
      lists[list]![ends[list]!++] = id;
    }
    return sorted;
  }

  /** Offset of the type's name in the strings. */
  nameOffset(id: number): number {
    return this.word(this.position(id));
  }

  #index(): Uint32Array {
    const end = this.#view.byteLength;
    const positions = new Uint32Array(Math.min(Math.floor(end / TYPE_BYTES), MAX_TYPES));
    let count = 0;
    for (let at = 0; at < end; count++) {
      if (count === MAX_TYPES) fail(`more than ${MAX_TYPES} types`);
      if (at + TYPE_BYTES > end) fail(`type ${this.firstId + count} is cut off`);
      positions[count] = at;
      at += this.#sizeAt(at, this.firstId + count);
      if (at > end) fail(`type ${this.firstId + count} is cut off`);
    }
    return positions.slice(0, count);
  }

  #sizeAt(position: number, id: number): number {
    const info = this.word(position + 4);
    const kind = (info >>> 24) & 0x1f;
    const extra = extraBytes[kind];
    if (extra === undefined || kind === 0) fail(`type ${id} is of the unknown kind ${kind}`);
    return TYPE_BYTES + extra.fixed + extra.each * (info & 0xffff);
  }
}

function fail(problem: string): never {
  throw new GadgetError('BTF_INVALID', `BTF: ${problem}`);
}
