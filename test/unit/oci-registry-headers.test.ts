import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../runtime/oci/registry/auth/challenge.ts';
import { covers, mergeScopes } from '../../runtime/oci/registry/auth/scope.ts';
import { nextLink } from '../../runtime/oci/registry/http/link-header.ts';
import { resolveLocation, shownAddress } from '../../runtime/oci/registry/http/location.ts';
import { parseRetryAfter } from '../../runtime/oci/registry/http/retries.ts';
import { parseWarnings } from '../../runtime/oci/registry/http/warning-header.ts';

describe('WWW-Authenticate', () => {
  test.each<[string, string | readonly string[], readonly unknown[]]>([
    ['nothing', '', []],
    ['a scheme alone', 'Negotiate', [['negotiate', {}]]],
    ['basic', 'Basic realm="my registry"', [['basic', { realm: 'my registry' }]]],
    [
      'bearer',
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      [['bearer', { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' }]],
    ],
    ['names in any case, blanks anywhere', 'BEARER  Realm = "x" ,\tSERVICE=y', [['bearer', { realm: 'x', service: 'y' }]]],
    ['escapes', 'Basic realm="a \\"b\\" \\\\c"', [['basic', { realm: 'a "b" \\c' }]]],
    [
      'several in one header',
      'Basic realm="x", Bearer realm="y", service="z"',
      [
        ['basic', { realm: 'x' }],
        ['bearer', { realm: 'y', service: 'z' }],
      ],
    ],
    [
      'several headers',
      ['Negotiate', 'Basic realm="x"'],
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'a token68 between',
      'Negotiate YWJj==, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'two bare schemes',
      'Digest, Basic realm=x',
      [
        ['digest', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['the first of a name', 'Basic realm="a", realm="b"', [['basic', { realm: 'a' }]]],
    ['a quote that never ends', 'Basic realm="abc', [['basic', { realm: '' }]]],
    ['a parameter of nobody', 'realm="x"', []],
    ['empty list elements', ', ,Basic realm="x", ,', [['basic', { realm: 'x' }]]],
    ['names of prototypes', 'Basic __proto__="x", constructor="y"', [['basic', { ['__proto__']: 'x', constructor: 'y' }]]],
  ])('%s', (_, header, expected) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.entries(parameters)]);
    expect(found).toEqual((expected as [string, object][]).map(([scheme, parameters]) => [scheme, Object.entries(parameters)]));
  });

  test('a header of a megabyte says nothing', () => {
    expect(parseChallenges('Basic realm="x", '.repeat(60_000))).toEqual([]);
  });
});

test.each([
  ['</v2/a/tags/list?last=b&n=2>; rel="next"', '/v2/a/tags/list?last=b&n=2'],
  ['<a>; rel=next', 'a'],
  ['<a>; rel="prev next"', 'a'],
  ['<a>; rel="prev", <b>; title="x, <c>; rel=next"; REL=NEXT', 'b'],
  ['<a>; rel="prev"', undefined],
  ['<a>', undefined],
  ['a; rel=next', undefined],
  ['<a', undefined],
  ['', undefined],
  [undefined, undefined],
])('the next page of %j is %j', (header, expected) => {
  expect(nextLink(header)).toBe(expected);
});

test.each([
  ['https://r.example/v2/', '/v2/x?state=a%2Bb', 'https://r.example/v2/x?state=a%2Bb'],
  ['https://r.example/v2/a/blobs/uploads/', '?upload=1', 'https://r.example/v2/a/blobs/uploads/?upload=1'],
  ['https://r.example/v2/', '//other.example/x', 'https://other.example/x'],
  ['https://r.example/v2/', 'https://other.example:444/x#part', 'https://other.example:444/x'],
  ['http://r.example/v2/', 'http://other.example/x', 'http://other.example/x'],
  ['http://r.example/v2/', 'https://r.example/x', 'https://r.example/x'],
  // A registry behind a proxy that ends TLS.
  ['https://r.example/v2/', 'http://r.example/x?y', 'https://r.example/x?y'],
  ['https://r.example:5000/v2/', 'http://r.example:5000/x', 'https://r.example:5000/x'],
  ['https://r.example:5000/v2/', 'http://r.example/x', 'https://r.example:5000/x'],
  ['https://r.example/v2/', 'http://r.example//other.example/x', 'https://r.example//other.example/x'],
  ['https://r.example/v2/', 'http://r.example:8080/x', undefined],
  ['https://r.example/v2/', 'http://other.example/x', undefined],
  ['https://r.example/v2/', 'ftp://r.example/x', undefined],
  ['https://r.example/v2/', 'https://me:word@r.example/x', undefined],
  ['https://r.example/v2/', 'https://r.example/x\ny', undefined],
  ['https://r.example/v2/', 'https://[x/', undefined],
  ['https://r.example/v2/', undefined, undefined],
])('from %s to %s is %s', (asked, location, expected) => {
  expect(resolveLocation(new URL(asked), location)?.href).toBe(expected);
});

test('an address is shown without its query', () => {
  expect(shownAddress(new URL('https://me:word@r.example:1/x?signature=s'))).toBe('https://r.example:1/x');
});

test.each([
  ['3', 3000],
  [' 0 ', 0],
  ['Thu, 01 Jan 1970 00:01:40 GMT', 90_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['-1', undefined],
  ['soon', undefined],
  ['99999999999999', undefined],
  [undefined, undefined],
])('Retry-After %j is %j ms', (value, expected) => {
  expect(parseRetryAfter(value, 10_000)).toBe(expected);
});

test.each([
  ['299 - "a"', ['a']],
  ['299 - "a", 199 - "b", 299 registry.example "c \\"d\\""', ['a', 'c "d"']],
  ['299 - "\u001b[31m"', ['\\x1b[31m']],
  ['299 "a"', []],
  ['299 - a', []],
  [undefined, []],
])('the warnings of %j', (header, expected) => {
  expect(parseWarnings(header)).toEqual(expected);
});

test.each([
  [['repository:a:push', 'repository:a:pull'], ['repository:a:pull,push']],
  [
    ['repository:b:pull', 'repository:a:pull', 'repository:b:pull'],
    ['repository:a:pull', 'repository:b:pull'],
  ],
  [['repository:host:5000/a:pull'], ['repository:host:5000/a:pull']],
])('the scopes %j are %j', (scopes, expected) => {
  expect(mergeScopes(scopes)).toEqual(expected);
});

test('a token for more is enough for less', () => {
  const held = mergeScopes(['repository:a:pull,push', 'repository:b:pull']);
  expect(covers(held, ['repository:a:pull'])).toBe(true);
  expect(covers(held, ['repository:b:pull,push'])).toBe(false);
  expect(covers(held, ['repository:c:pull'])).toBe(false);
});
