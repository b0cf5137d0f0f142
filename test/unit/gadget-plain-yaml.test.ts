import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlainYaml } from '../../runtime/gadget/plain-yaml.ts';
import { parseAnyYaml } from '../../runtime/gadget/yaml-tree.ts';

const codes = { syntax: 'METADATA_SYNTAX', content: 'METADATA_INVALID' } as const;
const folder = join(import.meta.dirname, '../../gadgets');
const own = readdirSync(folder).filter((name) => /^[a-z]+_[a-z]+$/.test(name));
const ownText = (name: string) => readFileSync(join(folder, name, 'gadget.yaml'), 'utf8');

/** Pieces that lines of YAML are made of, the odd ones included. */
const piece = fc.constantFrom(
  ...['a', 'b.c', 'A', 'true', 'no', 'null', '~', '12', '0x1f', '1.5', '-3', ': ', ':', ' ', '  ', '\n', '\n  ', '\n    ', '#', ' # x'],
  ...[
    "'",
    '"',
    "'x'",
    '"y"',
    '\\',
    '- ',
    '{',
    '}',
    '[1]',
    '&a',
    '*a',
    '|',
    '>',
    '---\n',
    '%',
    '@',
    '`',
    '<<',
    '!',
    '?',
    ',',
    'é',
    '\t',
    '\r\n',
  ],
);
const line = fc
  .tuple(
    fc.constantFrom('', '  ', '    '),
    fc.constantFrom('a', 'b', 'a.b', 'A'),
    fc.constantFrom(': ', ':'),
    fc.array(piece, { maxLength: 3 }),
  )
  .map(([indent, key, colon, rest]) => `${indent}${key}${colon}${rest.join('')}\n`);

/** Plain YAML gives what the whole parser gives, or nothing. */
function holds(text: string): void {
  const plain = parsePlainYaml(text, 'gadget.yaml');
  if (plain !== undefined) expect(plain).toEqual(parseAnyYaml(text, 'gadget.yaml', codes));
}

describe('plain YAML', () => {
  test.each(own)('is what %s says of itself', (name) => {
    expect(parsePlainYaml(ownText(name), 'gadget.yaml')).toEqual(parseAnyYaml(ownText(name), 'gadget.yaml', codes));
  });

  test.each([
    ["a: 'it''s'"],
    ['a: "\\n"'],
    ['a: one\n  more'],
    ['a: 1\na: 2'],
    ['- a'],
    ['a: [1]'],
    ['a: &x 1'],
    ['a: 0x10'],
    ['a: 1.5'],
    ['a: b: c'],
    ['a:\n   b: 1\n  c: 2'],
    ['a: |\n  b'],
    ['---\na: 1'],
    ['a: é'],
    ['a:\t1'],
    ['<<: b'],
    [''],
  ])('is not %j', (text) => {
    expect(parsePlainYaml(text, 'gadget.yaml')).toBeUndefined();
  });

  test('says the same as the whole parser of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, piece), { maxLength: 12 }), (parts) => holds(parts.join(''))),
      { numRuns: 3000 },
    );
  });

  test('says the same of damaged metadata', () => {
    const text = ownText('trace_open').slice(0, 700);
    const damage = fc.tuple(fc.nat(text.length), fc.nat(4), piece);
    fc.assert(
      fc.property(damage, ([at, removed, added]) => holds(text.slice(0, at) + added + text.slice(at + removed))),
      { numRuns: 500 },
    );
  });
});
