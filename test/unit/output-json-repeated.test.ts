import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import type { Output } from '../../runtime/pipeline/output.ts';
import type { RecordBatch } from '../../runtime/pipeline/record-batch.ts';
import { batchOf, formulaField, recordField, recordOf, sourceOf } from '../support/records.ts';

const members = ['a', 'b', 'c', 'd', 'e'];

/** A struct of six values at byte 4, large enough to be looked up: five numbers, and what `nameOf` says of the first. */
function processSource(nameOf: (id: number) => string) {
  const numbers = members.map((name, index) => recordField(`proc.${name}`, 'uint32', 4 + 4 * index));
  const name = formulaField('proc.name', 'string', [numbers[0]!], nameOf);
  const proc = recordField('proc', 'struct', 4, { size: 20, children: [...numbers, name] });
  return sourceOf(28, [recordField('before', 'uint32', 0), proc, recordField('after', 'uint32', 24)]);
}

const lines = (output: Output, batch: RecordBatch) =>
  new TextDecoder()
    .decode(output.write(batch, undefined, batch.count))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const recordOfWords = (words: readonly number[]) =>
  recordOf(28, (view) => {
    for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true);
  });

describe('structs whose bytes repeat', () => {
  const word = fc.oneof(fc.nat(2), fc.nat());
  test('every record has the text of its own bytes, batch after batch', () => {
    const batches = fc.array(fc.array(fc.tuple(word, word, word, word, word, word, word), { minLength: 1, maxLength: 40 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(batches, (all) => {
        const output = new JsonOutput(processSource((id) => `user ${id}`));
        for (const records of all) {
          const expected = records.map(([before, a, b, c, d, e, after]) => ({ before, proc: { a, b, c, d, e, name: `user ${a}` }, after }));
          expect(lines(output, batchOf(...records.map(recordOfWords)))).toEqual(expected);
        }
      }),
    );
  });

  test('a batch does not see what a formula said in the one before', () => {
    let name = 'old';
    const output = new JsonOutput(processSource(() => name));
    const batch = batchOf(recordOfWords([1, 2, 3, 4, 5, 6, 7]), recordOfWords([8, 2, 3, 4, 5, 6, 7]));
    expect(lines(output, batch).map(({ proc }) => proc.name)).toEqual(['old', 'old']);
    name = 'new';
    expect(lines(output, batch).map(({ proc }) => proc.name)).toEqual(['new', 'new']);
  });
});
