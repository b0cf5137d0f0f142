import { expect, it } from 'vitest';
import { closestName, suggestion } from '../../runtime/base/closest-name.ts';

it.each([
  ['opne', ['open', 'close'], 'open'],
  ['proc.com', ['proc.comm', 'proc.pid'], 'proc.comm'],
  ['PID', ['tid', 'pid'], 'pid'],
  ['completely', ['else'], undefined],
  ['ab', ['xy'], undefined],
  ['x', [], undefined],
  ['datasource', ['datasources', 'data'], 'datasources'],
  ['a'.repeat(100_000), ['a'.repeat(70)], 'a'.repeat(70)],
])('closest to %.20s of %.40j', (name, candidates, expected) => {
  expect(closestName(name, candidates)).toBe(expected);
});

it('asks in words', () => {
  expect(suggestion('opne', ['open'])).toBe('did you mean open?');
  expect(suggestion('opne', [])).toBeUndefined();
});
