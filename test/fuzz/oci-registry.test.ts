import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { parseAuthFile } from '../../runtime/oci/registry/auth/auth-file.ts';
import { parseChallenges } from '../../runtime/oci/registry/auth/challenge.ts';
import { parseHelperAnswer } from '../../runtime/oci/registry/auth/credential-helper.ts';
import { parseTokenAnswer } from '../../runtime/oci/registry/auth/token-request.ts';
import { nextLink } from '../../runtime/oci/registry/http/link-header.ts';
import { resolveLocation } from '../../runtime/oci/registry/http/location.ts';
import { parseWarnings } from '../../runtime/oci/registry/http/warning-header.ts';

const words = (...parts: string[]) => fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((chosen) => chosen.join(''));
const anything = fc.string({ unit: 'binary', maxLength: 200 });
const challenge = fc.oneof(anything, words('Basic', 'Bearer', ' ', ',', '=', '"', '\\', 'realm', 'scope', 'x', '==', '\t', '\u00e9'));
const link = fc.oneof(anything, words('<', '>', ';', ',', 'rel', '=', 'next', '"', '\\', ' ', '/a'));
const location = fc.oneof(anything, words('http:', 'https:', '//', '/', '@', ':', 'r.example', '?', '#', '..', '%2f', '[', '\\', '\n'));
const runs = { numRuns: 3000 };

test('challenges have schemes and own parameters', () => {
  fc.assert(
    fc.property(challenge, (text) => {
      for (const { scheme, parameters } of parseChallenges(text)) {
        expect(scheme).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
        for (const [name, value] of Object.entries(parameters)) expect([name, typeof value]).toEqual([name.toLowerCase(), 'string']);
      }
    }),
    runs,
  );
});

test('a challenge that is written is read', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const parameters = fc.dictionary(name, fc.string({ maxLength: 20 }), { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, parameters), { maxLength: 4 }), (all) => {
      const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
      const text = all
        .map(
          ([scheme, values]) =>
            `${scheme} ${Object.entries(values)
              .map(([key, value]) => `${key}=${quoted(value)}`)
              .join(', ')}`,
        )
        .join(', ');
      expect(parseChallenges(text).map(({ scheme, parameters: read }) => [scheme, { ...read }])).toEqual(all);
    }),
    runs,
  );
});

test('the next page is a part of the header', () => {
  fc.assert(
    fc.property(link, (text) => {
      const next = nextLink(text);
      if (next !== undefined) expect(text).toContain(`<${next}>`);
    }),
    runs,
  );
});

test('a location never leads from HTTPS to plain HTTP, and carries no credentials', () => {
  const asked = new URL('https://r.example/v2/a/');
  fc.assert(
    fc.property(location, (text) => {
      const url = resolveLocation(asked, text);
      if (url !== undefined) expect([url.protocol, url.username, url.password, url.hash]).toEqual(['https:', '', '', '']);
    }),
    runs,
  );
});

test('warnings are few and safe', () => {
  const warning = fc.oneof(anything, words('299', ' ', '-', '"', '\\', ',', 'x', '\u001b'));
  fc.assert(
    fc.property(warning, (text) => {
      const found = parseWarnings(text);
      expect(found.length).toBeLessThanOrEqual(10);
      expect(found.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
    runs,
  );
});

const json = fc.oneof(
  anything,
  fc.json(),
  fc
    .record(
      { auths: fc.dictionary(fc.string(), fc.jsonValue()), credHelpers: fc.jsonValue(), credsStore: fc.jsonValue() },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);

test('an auth file is read or refused', () => {
  fc.assert(
    fc.property(json, (text) => {
      try {
        const file = parseAuthFile(Buffer.from(text), 'x');
        for (const name of Object.values(file.helpers)) expect(typeof name).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(GadgetError);
        expect((error as GadgetError).code).toBe('CONFIG_INVALID');
      }
    }),
    runs,
  );
});

test('answers of helpers and token servers are read or refused', () => {
  const answer = fc.oneof(
    json,
    fc
      .record({ token: fc.jsonValue(), expires_in: fc.jsonValue(), Username: fc.jsonValue(), Secret: fc.jsonValue() }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(answer, (text) => {
      const token = parseTokenAnswer(Buffer.from(text), 0);
      if (token !== undefined) {
        expect(token.token).toMatch(/^[\x21-\x7e]+$/);
        expect(token.expiresAtMs).toBeGreaterThan(0);
      }
      try {
        parseHelperAnswer('x', text);
      } catch (error) {
        expect(error).toBeInstanceOf(GadgetError);
      }
    }),
    runs,
  );
});

test('long headers take no time', () => {
  const started = performance.now();
  for (const piece of ['a', ',', '=', '"', '\\', '<', '>', ';', ' ', 'a=', '"\\', '<a>;', 'rel=', '299 - "', 'a "', ';rel']) {
    for (const count of [5000, 30_000]) {
      const text = piece.repeat(count);
      for (const value of [text, `x ${text}`, `299 - ${text}`, `<${text}`, `<a>${text}`]) {
        parseChallenges(value);
        nextLink(value);
        parseWarnings(value);
        resolveLocation(new URL('https://r.example/'), value);
      }
    }
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
