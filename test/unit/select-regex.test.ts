import { expect, test } from 'vitest';
import { Regex } from '../../runtime/operators/select/regex/regex.ts';

test.each<[string, string[], string[]]>([
  ['abc', ['abc', 'xabcx'], ['', 'ab', 'ABC']],
  ['^/etc/.*\\.conf$', ['/etc/a.conf', '/etc/x/y.conf'], ['/etc/a.conf2', 'x/etc/a.conf']],
  ['a|b|', ['', 'x'], []],
  ['^(ab|cd)+$', ['ab', 'abcd'], ['', 'abc']],
  ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{2,}$', ['aa', 'aaaaaa'], ['a']],
  ['^x{,3}$', ['x{,3}'], ['xxx']],
  ['^[a-c_-]+$', ['abc-_'], ['abd']],
  ['^[]a]+$', [']a'], ['b']],
  ['^[^a-c]$', ['d', 'é', '\n'], ['a', '']],
  ['^\\d+\\s\\w+$', ['12 ab_'], ['12  ab', '١ a']],
  ['[[:upper:]][[:^digit:]]', ['Ax'], ['A1', 'ax']],
  ['\\bcat\\b', ['a cat.', 'cat'], ['concat', 'cats']],
  ['\\Bcat', ['concat'], ['cat']],
  ['(?i)grüße', ['GRÜSSE GRÜßE', 'grüße'], ['grusse']],
  ['(?i)[^k]', ['x'], ['k', 'K', '\u212a']],
  ['a(?i:b)c', ['aBc', 'abc'], ['ABc', 'abC']],
  ['(?i)a(?-i)b', ['Ab'], ['AB']],
  ['(?m)^b$', ['a\nb\nc'], ['ab']],
  ['^a.b$', ['axb', 'a😀b'], ['a\nb']],
  ['(?s)^a.b$', ['a\nb'], []],
  ['\\Qa.b\\E+', ['a.bbb'], ['axb']],
  ['^\\x41\\x{1F600}\\101$', ['A😀A'], ['A']],
  ['\\p{Greek}', ['λ'], ['l']],
  ['^\\PL$', ['1'], ['a']],
  ['\\pL\\p{^Lu}', ['aa'], ['A', '1A']],
  ['(?P<n>a)(?<m>b)(?:c)', ['abc'], ['ab']],
  ['a*?b??$', ['', 'aab'], []],
  ['\\Aa\\z', ['a'], ['a\n']],
  ['(a*)*$', ['', 'b'], []],
  ['(^|x)y', ['y', 'axy'], ['zy']],
])('%s', (pattern, yes, no) => {
  const regex = new Regex(pattern);
  for (const text of yes) expect([text, regex.test(text)]).toEqual([text, true]);
  for (const text of no) expect([text, regex.test(text)]).toEqual([text, false]);
});

test.each([
  ['a(b', 2],
  ['a)b', 2],
  ['[a', 1],
  ['*a', 1],
  ['a**', 3],
  ['a{3,2}', 2],
  ['a{1001}', 2],
  ['(?=a)', 1],
  ['(?<!a)', 1],
  ['(a)\\1', 4],
  ['\\k', 1],
  ['\\', 2],
  ['[z-a]', 2],
  ['\\p{Nonsense}', 1],
  ['((a{1000}){1000}){1000}', 1],
])('%s is refused at column %d', (pattern, column) => {
  expect(() => new Regex(pattern)).toThrow(expect.objectContaining({ code: 'FILTER_SYNTAX', context: { column } }));
});

test('time is linear where backtracking would not end', () => {
  const regex = new Regex('^(a|a|aa)+$');
  expect(regex.test(`${'a'.repeat(50_000)}b`)).toBe(false);
});

test('more states than are kept', () => {
  const regex = new Regex('(a|b)*a(a|b){12}c');
  let text = '';
  for (let seed = 1; text.length < 20_000; seed = (seed * 1103515245 + 12345) % 2147483648) text += seed & 65536 ? 'a' : 'b';
  expect(regex.test(text)).toBe(false);
  expect(regex.test(`${text}a${'b'.repeat(12)}c`)).toBe(true);
});
