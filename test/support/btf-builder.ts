/** Kind numbers of the file format. */
export const kind = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  functionPrototype: 13,
  variable: 14,
  dataSection: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

interface Parts {
  readonly name?: string;
  readonly flag?: boolean;
  /** The number in the low bits, where it is not the count of parts. */
  readonly count?: number;
  /** Third word: a size or a type. */
  readonly third?: number;
  readonly words?: readonly number[];
}

/** Puts a .BTF section together word by word, possible or not. */
export class BtfBuilder {
  readonly #types: number[] = [];
  readonly #littleEndian: boolean;
  readonly #stringsStart: number;
  #strings = '';
  #lastId: number;

  constructor(options: { littleEndian?: boolean; stringsStart?: number; firstId?: number } = {}) {
    this.#littleEndian = options.littleEndian ?? true;
    this.#stringsStart = options.stringsStart ?? 0;
    this.#lastId = (options.firstId ?? 1) - 1;
    if (this.#stringsStart === 0) this.#strings = '\0';
  }

  string(text: string): number {
    const offset = this.#stringsStart + this.#strings.length;
    this.#strings += `${text}\0`;
    return offset;
  }

  /** Adds a type and gives its id. */
  type(number: number, { name, flag, count, third, words }: Parts): number {
    const info = ((flag ? 0x8000_0000 : 0) | (number << 24) | (count ?? 0)) >>> 0;
    this.#types.push(name === undefined ? 0 : this.string(name), info, third ?? 0);
    for (const word of words ?? []) this.#types.push(word);
    return ++this.#lastId;
  }

  int(name: string, size = 4, encoding = size * 8): number {
    return this.type(kind.int, { name, third: size, words: [encoding] });
  }

  get stringBytes(): number {
    return this.#strings.length;
  }

  bytes(): Buffer {
    const strings = Buffer.from(this.#strings, 'latin1');
    const bytes = Buffer.alloc(24 + this.#types.length * 4 + strings.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    view.setUint16(0, 0xeb9f, this.#littleEndian);
    view.setUint8(2, 1);
    const header = [24, 0, this.#types.length * 4, this.#types.length * 4, strings.length];
    for (const [index, word] of header.entries()) view.setUint32(4 + index * 4, word, this.#littleEndian);
    for (const [index, word] of this.#types.entries()) view.setUint32(24 + index * 4, word, this.#littleEndian);
    strings.copy(bytes, 24 + this.#types.length * 4);
    return bytes;
  }
}
