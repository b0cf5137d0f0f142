import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { compileExpression } from '../../runtime/operators/select/expression/compile.ts';
import { parseFilter } from '../../runtime/operators/select/filter.ts';
import { compilePredicate } from '../../runtime/operators/select/predicate.ts';
import { Regex } from '../../runtime/operators/select/regex/regex.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const dataSource = source([
  recordField('a', 'uint32', 0),
  recordField('b', 'uint64', 8),
  recordField('c', 'string', 16, { size: 8 }),
  recordField('d', 'list', 24, { size: 8, element: { kind: 'int16', stride: 2, count: 4, children: [] } }),
]);
const batch = batchOf(record(32, (bytes) => bytes.fill(0x61, 0, 20)));

/** A value or a typed error; undefined for the latter. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof GadgetError && (error.code === 'FILTER_SYNTAX' || error.code === 'UNKNOWN_FIELD')) return undefined;
    throw error;
  }
}

const pieces = fc.constantFrom(
  ...'a b c d 1 2.5 0x10 "x" "(" true nil and or not in contains matches any( all( len( cidr( "10.0.0.0/8" # {'.split(' '),
  ...'} ( ) [ ] , . .. + - * / % ** ?? ? : == != < >= ! && || constructor __proto__ toString'.split(' '),
);
const expressions = fc.oneof(
  fc.string(),
  fc.array(pieces, { maxLength: 16 }).map((parts) => parts.join(' ')),
);

test('an expression is a predicate or a typed error', () => {
  fc.assert(
    fc.property(expressions, (text) => {
      const predicate = attempt(() => compileExpression(text, dataSource));
      if (predicate !== undefined) expect(typeof predicate(batch, 0)).toBe('boolean');
    }),
    { numRuns: 3000 },
  );
});

test('a filter is a predicate or a typed error', () => {
  const operators = fc.constantFrom('==', '=', '!=', '<', '>=', '~', '!~', ',', '\\,');
  const parts = fc.array(fc.oneof(pieces, operators, fc.string({ maxLength: 3 })), { maxLength: 10 });
  fc.assert(
    fc.property(parts, (text) => {
      const predicate = attempt(() => compilePredicate(parseFilter(text.join(''), dataSource)));
      if (predicate !== undefined) expect(typeof predicate(batch, 0)).toBe('boolean');
    }),
    { numRuns: 2000 },
  );
});

// The syntax that RE2 and JavaScript share, so that the engine of the latter can judge.
const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '$', '(a|b)', '(?:ab)', 'é');
const repeats = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '*?');
const shared = fc.array(fc.tuple(atoms, repeats), { maxLength: 8 });
test('regular expressions agree with JavaScript’s', () => {
  fc.assert(
    fc.property(shared, fc.string({ unit: fc.constantFrom('a', 'b', '1', 'é', ' ', '\n') }), (parts, text) => {
      const pattern = parts.map(([atom, repeat]) => (/^(\\b|\^|\$)$/.test(atom) ? atom : atom + repeat)).join('');
      expect([pattern, text, new Regex(pattern).test(text)]).toEqual([pattern, text, new RegExp(pattern, 'u').test(text)]);
    }),
    { numRuns: 3000 },
  );
});

test('any pattern is a regular expression or a typed error', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, text) => {
      const regex = attempt(() => new Regex(pattern));
      if (regex !== undefined) expect(typeof regex.test(text)).toBe('boolean');
    }),
    { numRuns: 3000 },
  );
});
