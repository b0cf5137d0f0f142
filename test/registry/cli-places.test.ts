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
  /** Wants a certificate of who asks. */
  let mutual: DockerRegistry;
  let dead: string;
  let digest: string;

  beforeAll(async () => {
    certificates = makeCertificates(line.folder);
    [mirror, secured, mutual] = await Promise.all([
      startDockerRegistry(),
      startDockerRegistry({ tls: certificates }),
      startDockerRegistry({ tls: certificates, clientCertificates: true }),
    ]);
    dead = `127.0.0.1:${await freePort()}`;
    digest = await buildSample(line, `${mirror.host}/org/sample:v1`);
    await line.gadget('key', 'generate', 'fresh');
    await line.gadget('image', 'sign', `${mirror.host}/org/sample:v1`, '--key', 'fresh.key');
    await line.gadget('trust', 'add', upstream, '--key', 'fresh.pub');
    await line.gadget('image', 'tag', `${mirror.host}/org/sample:v1`, `${mirror.host}/cache/org/sample:v1`);
    for (const repository of ['org/sample', 'cache/org/sample']) await line.gadget('push', `${mirror.host}/${repository}:v1`);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([mirror.close(), secured.close(), mutual.close()]);
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

  describe('allowed registries', () => {
    const outside = () => `${mirror.host}/org/sample:v1`;
    const commands = (): ReadonlyArray<readonly string[]> => [
      ['run', outside(), '--pull', 'always', '--help'],
      ['pull', outside()],
      ['push', outside()],
      ['image', 'tags', `${mirror.host}/org/sample`],
      ['image', 'digest', '--remote', outside()],
      ['image', 'inspect', '--remote', outside()],
      ['image', 'verify', '--remote', outside()],
      ['image', 'referrers', '--remote', outside()],
      ['image', 'sign', '--remote', outside(), '--key', 'fresh.key'],
      ['image', 'copy', outside(), `${upstream}/org/copied:v1`],
      ['image', 'copy', `${upstream}/org/copied:v1`, outside()],
      ['image', 'delete', outside()],
    ];

    test('bind every command, before its first request', async () => {
      const env = configure({ allowed: [upstream, `${mirror.host}/organisation`] });
      for (const words of commands()) {
        const refused = await line.run(words, { env });
        expect(refused, words.join(' ')).toMatchObject({
          status: 3,
          stdout: '',
          stderr: expect.stringContaining('not one of the allowed'),
        });
      }
      expect(await line.gadget('image', 'tags', `${mirror.host}/org/sample`)).toBe('v1\n');
    });

    test('bind a login to their hosts', async () => {
      const login = (allowed: string) =>
        line.run(['login', mirror.host, '-u', 'user', '--password-stdin'], { env: { GADGET_ALLOWED_REGISTRIES: allowed }, input: 'word' });
      expect(await login(`${upstream},other.example/*`)).toMatchObject({ status: 3, stderr: expect.stringContaining('allowed') });
      expect(await login(`${mirror.host}/org`)).toMatchObject({ status: 0 });
    });

    test('are narrowed by the flag, and not widened', async () => {
      const pull = (allowed: string, flag: string) =>
        line.run(['pull', outside(), '--public-keys', 'fresh.pub', '--allowed-registries', flag], {
          env: { GADGET_ALLOWED_REGISTRIES: allowed },
        });
      expect(await pull(mirror.host, `${mirror.host}/other`)).toMatchObject({ status: 3 });
      expect(await pull(`${mirror.host}/other`, mirror.host)).toMatchObject({ status: 3 });
      expect(await pull(mirror.host, `${mirror.host}/org`)).toMatchObject({ status: 0 });
    });

    test('have their mirrors with them', async () => {
      const env = configure({ allowed: [upstream], mirrors: { [upstream]: [mirror.host] } });
      expect(await line.run(['image', 'tags', `${upstream}/org/sample`], { env })).toMatchObject({ status: 0, stdout: 'v1\n' });
    });
  });

  describe('a certificate of our own', () => {
    const own = () => ({ cert: certificates.clientCertFile, key: certificates.clientKeyFile });
    const trusting = () => ({ 'ca-files': [certificates.caFile] });

    test('can be configured, for the commands without flags for it too', async () => {
      const image = `${mutual.host}/org/sample:v1`;
      await line.gadget('image', 'tag', `${mirror.host}/org/sample:v1`, image);
      expect(await line.run(['push', image], { env: configure(trusting()) })).toMatchObject({ status: 3 });
      const env = configure({ ...trusting(), ...own() });
      expect(await line.run(['push', image], { env })).toMatchObject({ status: 0 });
      expect(await line.run(['image', 'sign', '--remote', image, '--key', 'fresh.key'], { env })).toMatchObject({ status: 0 });
      await line.gadget('image', 'remove', image);
      expect(await line.run(['run', image, '--public-keys', 'fresh.pub', '--help'], { env })).toMatchObject({ status: 0 });
    });

    test('is that of the flags when they are given', async () => {
      const flags = ['--cert', certificates.clientCertFile, '--key', certificates.clientKeyFile];
      const env = configure({ ...trusting(), cert: certificates.certFile, key: 'absent.key' });
      const words = ['image', 'tags', `${mutual.host}/org/none`];
      expect((await line.run(words, { env })).status).not.toBe(0);
      expect(await line.run([...words, ...flags], { env })).toMatchObject({ status: 0, stdout: '' });
    });

    test.each(['cert', 'key'])('needs both files, not %s alone', async (name) => {
      const refused = await line.run(['image', 'tags', image], { env: configure({ [name]: 'own.pem' }) });
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/registries\.cert and registries\.key/) });
    });
  });

  test.each([
    ['a mirror without a registry', { GADGET_REGISTRY_MIRRORS: 'mirror.example' }],
    ['mirrors that are no list', { GADGET_CONFIG: 'mirrors.yaml' }],
  ])('%s is refused', async (_, env) => {
    line.write('mirrors.yaml', 'registries:\n  mirrors: text\n');
    expect(await line.run(['pull', image], { env })).toMatchObject({ status: 2, stdout: '' });
  });
});
