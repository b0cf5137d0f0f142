import { describe, expect, test } from 'vitest';
import { Plan } from '../../runtime/engine/plan.ts';
import type { ProgramSpec } from '../../runtime/gadget/spec.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';

const program = (name: string, more: Partial<ProgramSpec> = {}): ProgramSpec => ({
  name,
  section: `kprobe/${name}`,
  kind: 'kprobe',
  target: name,
  disabled: false,
  optional: false,
  alternatives: [],
  ...more,
});

const first = program('first', { alternatives: ['second', 'third'] });
const variants = [first, program('second'), program('third')];
const names = (plan: Plan) => plan.chosen().map(({ name }) => name);

describe('a plan chooses', () => {
  test.each<[string, ProgramSpec[], readonly string[], string[]]>([
    ['every program', [program('a'), program('b')], [], ['a', 'b']],
    ['none that is disabled', [program('a', { disabled: true }), program('b')], [], ['b']],
    ['the first of a set of variants', variants, [], ['first']],
    ['the next variant', variants, ['first'], ['second']],
    ['the last variant', variants, ['second', 'first'], ['third']],
    ['nothing when all variants are refused', variants, ['first', 'second', 'third'], []],
    ["programs in the object's order", [program('b'), first, program('second'), program('a')], ['first'], ['b', 'second', 'a']],
  ])('%s', (_, programs, refused, chosen) => {
    const plan = new Plan(gadgetSpec({ programs }));
    for (const name of refused) plan.refuse(name, 'why');
    expect(names(plan)).toEqual(chosen);
    expect([...plan.refused.keys()]).toEqual(refused);
  });
});

describe('a refused program can be done without', () => {
  test.each<[string, ProgramSpec[], string[], boolean[]]>([
    ['not when it is needed', [program('a')], ['a'], [false]],
    ['when it is optional', [program('a', { optional: true })], ['a'], [true]],
    ['as long as a variant is left', variants, ['first', 'second', 'third'], [true, true, false]],
    [
      'with all variants of an optional one',
      [{ ...first, optional: true }, ...variants.slice(1)],
      ['first', 'second', 'third'],
      [true, true, true],
    ],
    ['only once', [program('a', { optional: true })], ['a', 'a'], [true, false]],
    ['not when nobody knows it', [program('a')], ['b'], [false]],
  ])('%s', (_, programs, refused, answers) => {
    const plan = new Plan(gadgetSpec({ programs }));
    expect(refused.map((name) => plan.refuse(name, 'why'))).toEqual(answers);
  });
});
