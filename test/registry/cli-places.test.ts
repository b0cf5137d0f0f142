import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Certificates, makeCertificates } from '../../registry-fixtures/certificates.ts';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { freePort } from '../../registry-fixtures/listen.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { buildSample } from '../support/sample-gadget.ts';

/** No such host: what comes from it came from a mirror. */
const upstream = 'upstream.invalid';

describe.skipIf(findProgram('docker-registry') === undefined)('where images are looked for', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let certificates: Certificates;
  let mirror: DockerRegistry;
  let secured: DockerRegistry;
  let dead: string;
  let digest: string;

  beforeAll(async () => {
    certificates = makeCertificates(line.folder);
    [mirror, secured] = await Promise.all([startDockerRegistry(), startDockerRegistry({ tls: certificates })]);
    dead = `127.0.0.1:${await freePort()}`;
    digest = await buildSample(line, `${mirror.host}/org/sample:v1`);
    await line.gadget('key', 'generate', 'fresh');
    await line.gadget('image', 'sign', `${mirror.host}/org/sample:v1`, '--key', 'fresh.key');
    await line.gadget('trust', 'add', upstream, '--key', 'fresh.pub');
    await line.gadget('image', 'tag', `${mirror.host}/org/sample:v1`, `${mirror.host}/cache/org/sample:v1`);
    for (const repository of ['org/sample', 'cache/org/sample']) await line.gadget('push', `${mirror.host}/${repository}:v1`);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([mirror.close(), secured.close()]);
    line.remove();
  });

  const image = `${upstream}/org/sample:v1`;
  const configure = (registries: unknown): Record<string, string> => ({
    GADGET_CONFIG: line.write('config.yaml', stringify({ registries })),
  });

  test.each([
    ['a mirror', () => configure({ mirrors: { [upstream]: [mirror.host] } })],
    ['the second mirror, as the first is not there', () => configure({ mirrors: { [upstream]: [dead, mirror.host] } })],
    ['the second mirror, as the first lacks it', () => configure({ mirrors: { [upstream]: [`${mirror.host}/empty`, mirror.host] } })],
    ['a folder of a mirror', () => configure({ mirrors: { [upstream]: [`${mirror.host}/cache`] } })],
    [
      'a mirror of the environment',
      () => ({ GADGET_REGISTRY_MIRRORS: `other.invalid=${dead},${upstream}=${dead},${upstream}=${mirror.host}` }),
    ],
    [
      'a mirror of the environment, which wins over the file',
      () => ({ ...configure({ mirrors: { [upstream]: [dead] } }), GADGET_REGISTRY_MIRRORS: `${upstream}=${mirror.host}` }),
    ],
  ])('an image and its signatures come from %s', async (_, environment) => {
    const env = environment();
    expect(await line.run(['pull', image], { env })).toMatchObject({ status: 0, stdout: `${upstream}/org/sample@${digest}\n` });
    expect(await line.run(['image', 'verify', image], { env: { GADGET_REGISTRY_MIRRORS: '' } })).toMatchObject({ status: 0 });
    expect(await line.run(['image', 'remove', image])).toMatchObject({ status: 0 });
  });

  test('what mirrors do not have is asked of the registry, and nothing is pushed to them', async () => {
    const env = { GADGET_REGISTRY_MIRRORS: `${upstream}=${mirror.host}` };
    const missing = await line.run(['pull', `${upstream}/org/sample:v9`], { env });
    expect(missing).toMatchObject({ status: 3, stderr: expect.stringContaining(upstream) });
    await line.gadget('image', 'tag', `${mirror.host}/org/sample:v1`, `${upstream}/org/sample:v2`);
    expect(await line.run(['push', `${upstream}/org/sample:v2`], { env })).toMatchObject({ status: 3 });
    expect(await line.gadget('image', 'tags', `${mirror.host}/org/sample`)).toBe('v1\n');
  });

  test.each([
    ['the configuration', () => configure({ default: `${mirror.host}/org` })],
    ['the environment', () => ({ ...configure({ default: 'other.invalid' }), GADGET_DEFAULT_REGISTRY: `${mirror.host}/org` })],
  ])('a name without a registry is of the default registry of %s', async (_, environment) => {
    const env = environment();
    expect(await line.run(['image', 'tags', 'sample'], { env })).toMatchObject({ status: 0, stdout: 'v1\n' });
    expect(await line.run(['image', 'digest', '--remote', 'sample:v1'], { env })).toMatchObject({ stdout: `${digest}\n` });
    expect(await line.run(['image', 'list'], { env })).toMatchObject({ stdout: expect.stringMatching(/^sample +v1/m) });
  });

  test('authorities and insecure registries can be configured', async () => {
    const words = ['image', 'tags', `${secured.host}/org/none`];
    expect(await line.run(words)).toMatchObject({ status: 3, stderr: expect.stringContaining('certificate') });
    const known = { status: 0, stdout: '' };
    expect(await line.run(words, { env: configure({ 'ca-files': [certificates.caFile] }) })).toMatchObject(known);
    expect(await line.run(words, { env: configure({ insecure: [secured.host] }) })).toMatchObject(known);
    expect(await line.run(words, { env: { GADGET_INSECURE_REGISTRIES: secured.host } })).toMatchObject(known);
    expect(await line.run([...words, '--cert', 'x.pem'])).toMatchObject({ status: 2, stderr: expect.stringContaining('--key') });
  });

  test.each([
    ['a mirror without a registry', { GADGET_REGISTRY_MIRRORS: 'mirror.example' }],
    ['mirrors that are no list', { GADGET_CONFIG: 'mirrors.yaml' }],
  ])('%s is refused', async (_, env) => {
    line.write('mirrors.yaml', 'registries:\n  mirrors: text\n');
    expect(await line.run(['pull', image], { env })).toMatchObject({ status: 2, stdout: '' });
  });
});
