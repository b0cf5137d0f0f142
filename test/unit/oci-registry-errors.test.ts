import { describe, expect, test } from 'vitest';
import { Tokens } from '../../runtime/oci/registry/auth/tokens.ts';
import { Agents } from '../../runtime/oci/registry/http/agents.ts';
import { defaultRetryPolicy } from '../../runtime/oci/registry/http/retries.ts';
import { refusalOf } from '../../runtime/oci/registry/refusal.ts';
import { notFound } from '../../runtime/oci/registry/registry-error.ts';
import { Host } from '../../runtime/oci/registry/registry-host.ts';
import { defaultTimeouts } from '../../runtime/oci/registry/registry-options.ts';

const repository = 'registry.example/org/image';
const digest = `sha256:${'a'.repeat(64)}`;

describe('what is not there', () => {
  test('is named by the image when it has a digest', () => {
    expect(notFound(repository, digest)).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: `${repository}@${digest} is named by the image and is not in the registry`,
      hint: 'the image there is incomplete: push or copy it again',
      context: { repository, digest },
    });
  });

  test('was mistyped when it is a tag', () => {
    expect(notFound(repository, 'v1')).toMatchObject({
      message: `${repository} has no v1`,
      hint: `check the name; tags of that repository are listed by: gadget image tags ${repository}`,
      context: { repository },
    });
  });
});

describe('how long a registry asks to wait', () => {
  const refusal = (status: number, wait: string) =>
    refusalOf(
      { name: repository, registry: 'registry.example', action: 'read the manifest v1' },
      { status, headers: { 'retry-after': wait }, url: new URL('https://registry.example/'), body: Buffer.alloc(0) },
    );

  test.each([
    [503, '3600', 'the registry asks to wait 3600 s'],
    [503, '0', 'try again later'],
    [503, 'soon', 'try again later'],
    [429, '7', 'registry.example limits the number of requests; the registry asks to wait 7 s, or log in for a higher limit'],
    [429, '0', 'registry.example limits the number of requests; wait, or log in for a higher limit'],
  ])('is said: %i with %s', (status, wait, hint) => {
    expect(refusal(status, wait).hint).toBe(hint);
  });
});

test.each([
  ['registry.example', 'registry.example', true],
  ['Registry.example', 'registry.EXAMPLE', true],
  ['Registry.example:5000', 'registry.EXAMPLE', true],
  ['registry.example:5000', 'Registry.example:5000', true],
  ['registry.example:5000', 'Registry.example:5001', false],
])('%s is insecure when the list has %s: %s', async (registry, listed, expected) => {
  const agents = new Agents({ environment: {}, caFiles: [] });
  const options = { insecureRegistries: [listed] };
  const host = new Host(registry, { options, timeouts: defaultTimeouts, retryPolicy: defaultRetryPolicy, agents, tokens: new Tokens() });
  expect(await host.withholdsCredentials()).toBe(expected);
  agents.close();
});
