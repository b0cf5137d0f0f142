import { describe, expect, test } from 'vitest';
import { allowList, isHostAllowed, isRegistryAllowed } from '../../runtime/oci/allow-list.ts';
import type { Digest } from '../../runtime/oci/digest.ts';
import { parseImageReference, standardDefaultRegistry } from '../../runtime/oci/image-reference.ts';

const one: Digest = `sha256:${'1'.repeat(64)}`;
const two: Digest = `sha256:${'2'.repeat(64)}`;

describe('gadgets', () => {
  test.each<[string[], string, Digest, boolean, boolean]>([
    // patterns, image, its digest, before the digest is known, after
    [['ghcr.io/org/x:v1'], 'ghcr.io/org/x:v1', one, true, true],
    [['ghcr.io/org/x:v1'], 'GHCR.io/org/x:v1', one, true, true],
    [['ghcr.io/org/x:v1'], 'ghcr.io/org/x:v2', one, false, false],
    [['ghcr.io/org/x'], 'ghcr.io/org/x', one, true, true],
    [[`ghcr.io/org/x@${one}`], 'ghcr.io/org/x:v1', one, true, true],
    [[`ghcr.io/org/x@${one}`], 'ghcr.io/org/x:v1', two, true, false],
    [[`ghcr.io/org/x@${one}`], `ghcr.io/org/x@${two}`, two, false, false],
    [['ghcr.io/org/*'], 'ghcr.io/org/x:v1', one, true, true],
    [['ghcr.io/org/*'], 'ghcr.io/organisation/x:v1', one, false, false],
    [['ghcr.io/org*'], 'ghcr.io/organisation/x:v1', one, true, true],
    [['GHCR.IO/org/*'], 'ghcr.io/org/x:v1', one, true, true],
    [['*'], 'localhost:5000/x', one, true, true],
    [['trace_open'], 'trace_open', one, true, true],
    [['trace_open'], 'evil.example/inspektor-gadget/gadget/trace_open', one, false, false],
    [[], 'trace_open', one, false, false],
    [['other:v1', 'ghcr.io/org/*'], 'ghcr.io/org/x', one, true, true],
  ])('%j and %s', (patterns, name, digest, before, after) => {
    const image = parseImageReference(name);
    const list = allowList(patterns, standardDefaultRegistry);
    expect([list.mayAllow(image), list.allows(image, digest)]).toEqual([before, after]);
  });

  test('are all allowed without a list', () => {
    const image = parseImageReference('trace_open');
    expect(allowList(undefined, standardDefaultRegistry).allows(image, one)).toBe(true);
  });
});

test.each<[string[] | undefined, string, boolean]>([
  [undefined, 'docker.io/x', true],
  [[], 'docker.io/x', false],
  [['ghcr.io'], 'ghcr.io/org/x', true],
  [['ghcr.io'], 'ghcr.io.evil.example/org/x', false],
  [['ghcr.io/org'], 'ghcr.io/org/x', true],
  [['ghcr.io/org/'], 'ghcr.io/org/x', true],
  [['ghcr.io/org'], 'ghcr.io/organisation/x', false],
  [['ghcr.io/org*'], 'ghcr.io/organisation/x', true],
  [['localhost:5000'], 'localhost:5001/x', false],
  [['docker.io', 'ghcr.io'], 'GHCR.io/x', true],
  [['Docker.io', 'GHCR.io/org'], 'ghcr.io/org/x', true],
])('registries %j and %s: %s', (patterns, name, allowed) => {
  expect(isRegistryAllowed(patterns, parseImageReference(name))).toBe(allowed);
});

test.each<[string[] | undefined, string, boolean]>([
  [undefined, 'docker.io', true],
  [[], 'docker.io', false],
  [['ghcr.io/org', 'Docker.io'], 'docker.IO', true],
  [['ghcr.io/org'], 'ghcr.io', true],
  [['ghcr.io/org*'], 'ghcr.io', true],
  [['ghcr.io/*'], 'ghcr.io.evil.example', false],
  [['ghcr*'], 'ghcr.io', true],
  [['ghcr.io'], 'ghcr.io:5000', false],
])('hosts of registries %j and %s: %s', (patterns, host, allowed) => {
  expect(isHostAllowed(patterns, host)).toBe(allowed);
});
