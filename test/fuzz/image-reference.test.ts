import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ImageError } from '../../runtime/base/errors.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';

const nearReference = fc
  .array(
    fc.constantFrom(
      'a',
      'b1',
      'ghcr.io',
      'localhost',
      ':',
      '5000',
      '/',
      '@',
      'sha256:',
      '0'.repeat(64),
      '.',
      '_',
      '-',
      '[',
      ']',
      '::1',
      'A',
      'é',
      '\0',
      ' ',
    ),
  )
  .map((parts) => parts.join(''));
const text = fc.oneof(nearReference, fc.string({ unit: 'binary', maxLength: 400 }));

test('a reference that parses again to itself, or a typed error', () => {
  fc.assert(
    fc.property(text, text, (input, defaultRegistry) => {
      for (const options of [{}, { defaultRegistry }]) {
        let canonical: string;
        try {
          canonical = parseImageReference(input, options).toString();
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          expect((error as ImageError).code).toBe('IMAGE_REFERENCE_INVALID');
          continue;
        }
        expect(parseImageReference(canonical, options).toString()).toBe(canonical);
        expect(canonical).toMatch(/^[\x21-\x7e]+$/);
      }
    }),
    { numRuns: 5000 },
  );
});

test('long texts take no time', () => {
  const pieces = ['a', '-', '.', '_', 'a-', 'a.', '/', 'a/', ':', '[:'];
  const started = performance.now();
  for (const piece of pieces) expect(() => parseImageReference(piece.repeat(1_000_000))).toThrow(ImageError);
  for (const piece of pieces) expect(() => parseImageReference(`${piece.repeat(220)}!`)).toThrow(ImageError);
  expect(performance.now() - started).toBeLessThan(2000);
});
