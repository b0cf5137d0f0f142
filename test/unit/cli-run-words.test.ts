import { expect, it } from 'vitest';
import { splitWords } from '../../runtime/cli/commands/run/flags.ts';

it.each<[string, string, string | undefined, string[], string[] | undefined]>([
  ['a target alone', 'x', 'x', [], undefined],
  ['flags on both sides', '-v x --self', 'x', ['-v', '--self'], undefined],
  ["a flag's value is no target", '-o json -n 5 x --timeout 3', 'x', ['-o', 'json', '-n', '5', '--timeout', '3'], undefined],
  ['a value after = is none either', '--output=json x', 'x', ['--output=json'], undefined],
  ['a command', 'x -q -- ls -v --', 'x', ['-q'], ['ls', '-v', '--']],
  ['a command of no words', 'x --', 'x', [], []],
  ['a command without a target', '-q -- ls', undefined, ['-q'], ['ls']],
  ['a second word', 'x y', 'x', ['y'], undefined],
])('splitWords: %s', (_name, words, target, flags, command) => {
  expect(splitWords(words.split(' '))).toEqual({ target, flags, command });
});
