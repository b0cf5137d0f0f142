import { describe, expect, test } from 'vitest';
import { parseImageReference, withVersion } from '../../runtime/oci/image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const own = 'ghcr.io/inspektor-gadget/gadget';

describe('a reference is completed to', () => {
  test.each([
    ['trace_open', `${own}/trace_open:latest`],
    ['trace_open:v1', `${own}/trace_open:v1`],
    [`trace_open@${digest}`, `${own}/trace_open@${digest}`],
    ['foo/bar', 'ghcr.io/foo/bar:latest'],
    ['foo/bar/baz:V2.0_x-y', 'ghcr.io/foo/bar/baz:V2.0_x-y'],
    ['ghcr.io/trace_open', `${own}/trace_open:latest`],
    ['ghcr.io/org/mygadget:v1', 'ghcr.io/org/mygadget:v1'],
    ['docker.io/busybox', 'docker.io/busybox:latest'],
    ['localhost/x', 'localhost/x:latest'],
    ['localhost:5000', `${own}/localhost:5000`],
    ['localhost:5000/x', 'localhost:5000/x:latest'],
    ['127.0.0.1:5000/org/x:v1', '127.0.0.1:5000/org/x:v1'],
    ['[::1]:5000/x', '[::1]:5000/x:latest'],
    ['[fe80::1]/x:y', '[fe80::1]/x:y'],
    ['UPPER/x', 'UPPER/x:latest'],
    [`reg.example/a/b:t@${digest}`, `reg.example/a/b:t@${digest}`],
    ['a__b/c---d/e.f_g', 'ghcr.io/a__b/c---d/e.f_g:latest'],
    [`x:${'t'.repeat(128)}`, `${own}/x:${'t'.repeat(128)}`],
  ])('%s → %s', (text, full) => {
    const reference = parseImageReference(text);
    expect(reference.toString()).toBe(full);
    expect(parseImageReference(full).toString()).toBe(full);
  });
});

test('parts are told apart', () => {
  const { registry, repository, tag, digest: found } = parseImageReference(`localhost:5000/a/b:t@${digest}`);
  expect({ registry, repository, tag, found }).toEqual({ registry: 'localhost:5000', repository: 'a/b', tag: 't', found: digest });
  expect(parseImageReference(`a@${digest}`).tag).toBeUndefined();
});

describe('another default registry', () => {
  test.each([
    ['registry.example:5000/team/gadgets', 'x', 'registry.example:5000/team/gadgets/x:latest'],
    ['registry.example:5000/team/gadgets', 'a/b', 'registry.example:5000/a/b:latest'],
    ['registry.example/', 'x', 'registry.example/x:latest'],
    ['ghcr.io', 'x', `${own}/x:latest`],
    ['registry.example', 'ghcr.io/x', `${own}/x:latest`],
    ['registry.example/p', 'registry.example/x', 'registry.example/x:latest'],
  ])('%s: %s → %s', (defaultRegistry, text, full) => {
    expect(parseImageReference(text, { defaultRegistry }).toString()).toBe(full);
  });
});

describe('refused', () => {
  test.each([
    '',
    ' ',
    'a b',
    'Upper',
    'a//b',
    '/a',
    'a/',
    'a:',
    ':t',
    'a:t:u',
    'a@',
    'a@sha256:12',
    `a@${digest.toUpperCase()}`,
    `a@sha512:${'0'.repeat(128)}`,
    `a@${digest}@${digest}`,
    'a:.t',
    `a:${'t'.repeat(129)}`,
    '-a/b',
    'a_/b',
    'a___b/c',
    'a..b/c/d',
    'reg..example/x',
    '-host.example/x',
    'host:port/x',
    'host:123456/x',
    '[::1/x',
    '[gg::]/x',
    'https://ghcr.io/x/y',
    'a/../b',
    'a\n',
    'ä',
    `reg.example/${'a'.repeat(255)}`,
    'a'.repeat(100_000),
  ])('%j', (text) => {
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'IMAGE_REFERENCE_INVALID' }));
  });

  test.each(['', 'registry', 'not a registry', 'reg.example//x', 'reg.example/UP'])('default registry %j', (defaultRegistry) => {
    expect(() => parseImageReference('x', { defaultRegistry })).toThrow(expect.objectContaining({ code: 'IMAGE_REFERENCE_INVALID' }));
  });
});

test('a long text is not repeated in full', () => {
  expect(() => parseImageReference('a'.repeat(9999))).toThrow(/^.{0,200}$/);
});

test('another version of the same repository', () => {
  const reference = parseImageReference('reg.example/a:t');
  expect(withVersion(reference, { tag: 'u' }).toString()).toBe('reg.example/a:u');
});
