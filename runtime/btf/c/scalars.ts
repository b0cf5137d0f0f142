import type { BtfType } from '../btf.ts';

/** An integer or floating type as C for the BPF machine writes it. */
export interface CScalar {
  /** C's own words for it; `undefined` when the name has to be made known with a typedef. */
  readonly words: string | undefined;
  /** What the typedef stands for: a specifier, and what follows the name. */
  readonly alias: { readonly specifier: string; readonly suffix: string };
  /** Bytes. */
  readonly alignment: number;
}

const integerWords = new Set(['char', 'short', 'int', 'long', 'signed', 'unsigned', '_Bool', '__int128']);
const sized: Readonly<Record<number, string>> = { 1: 'char', 2: 'short', 4: 'int', 8: 'long long', 16: '__int128' };

/** Says how to write an integer or floating type so that it keeps the size that BTF gives it. */
export function scalarInC(type: Extract<BtfType, { kind: 'int' | 'float' }>): CScalar {
  const word = type.kind === 'int' ? sized[type.size] : undefined;
  const sign = type.kind === 'int' && type.signed ? 'signed' : 'unsigned';
  const alias =
    word === undefined ? { specifier: 'unsigned char', suffix: `[${type.size}]` } : { specifier: `${sign} ${word}`, suffix: '' };
  if (sizeOfWords(type) === type.size) return { words: type.name, alias, alignment: type.size };
  return { words: undefined, alias, alignment: word === undefined ? 1 : type.size };
}

/** Bytes that C's own words mean on the BPF machine; 0 when the name is not made of them. */
function sizeOfWords({ kind, name }: BtfType): number {
  if (kind === 'float') return name === 'float' ? 4 : name === 'double' ? 8 : 0;
  const words = name.split(' ');
  if (!words.every((word) => integerWords.has(word))) return 0;
  if (words.includes('__int128')) return 16;
  if (words.includes('long')) return 8;
  if (words.includes('short')) return 2;
  return words.includes('char') || words.includes('_Bool') ? 1 : 4;
}
