import fc from 'fast-check';
import { expect } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';

/** Milliseconds that no reader may take for one small text, on a machine that is busy with other things too. */
const limitMs = 2000;

const punctuation = [
  ': ',
  ':\n  ',
  '\n',
  '\n- ',
  '{',
  '}',
  '[',
  ']',
  ', ',
  '&a ',
  '*a',
  '<<: *a',
  '|\n',
  '>\n',
  '"',
  "'",
  '#',
  '---\n',
  '\t',
  '!!map ',
  '? ',
  '.',
  ' ',
  '\r\n',
];
const values = [
  'true',
  'null',
  '1',
  '-1',
  '1.5',
  '0x10',
  '~',
  'text',
  '99999999999999999999',
  '\u0000',
  '\ufeff',
  'é',
  '__proto__',
  'constructor',
];

/** Texts that are nearly YAML: documents of the given keys in wild shapes, and pieces of syntax in a row. */
export function yamlText(words: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...words),
    fc.constantFrom(...words),
    fc.constantFrom(...punctuation),
    fc.constantFrom(...values),
    fc.string({ maxLength: 4 }),
  );
  const pieces = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
  const { document } = fc.letrec<{ document: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(fc.constantFrom(...values, 1, true, null), fc.string({ maxLength: 5 })),
    document: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      tie('leaf'),
      fc.dictionary(fc.constantFrom(...words), tie('document'), { maxKeys: 4 }),
      fc.array(tie('document'), { maxLength: 3 }),
    ),
  }));
  return fc.oneof(
    pieces,
    document.map((value) => JSON.stringify(value, undefined, 1)),
  );
}

/** The property of every reader of texts: a value, or an error with one of the codes, soon. */
export function textOrError(codes: readonly string[], read: (text: string) => unknown): (text: string) => void {
  return (text) => {
    const start = performance.now();
    try {
      expect(read(text)).toBeDefined();
    } catch (error) {
      if (!(error instanceof GadgetError)) throw error;
      expect(codes).toContain(error.code);
    }
    expect(performance.now() - start).toBeLessThan(limitMs);
  };
}
