import { chmodSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../../registry-fixtures/certificates.ts';
import { type DockerRegistry, fixtureUser, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startTokenServer, type TokenServer } from '../../registry-fixtures/token-server.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { buildSample } from '../support/sample-gadget.ts';

const { username, password } = fixtureUser;
const wrongPassword = 'not the password';
/** A secret in any form that it could be written in. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(`${username}:${secret}`).toString('base64'),
];

describe.skipIf(findProgram('docker-registry') === undefined)('login', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let certificates: Certificates;
  let tokens: TokenServer;
  let basic: DockerRegistry;
  let token: DockerRegistry;
  let open: DockerRegistry;
  let said = '';

  beforeAll(async () => {
    certificates = makeCertificates(line.folder);
    tokens = await startTokenServer({ certificates, tls: true, user: fixtureUser });
    const { realm, service, issuer } = tokens;
    const trust = { realm, service, issuer, certificatesFile: certificates.certFile };
    [basic, token, open] = await Promise.all([
      startDockerRegistry({ tls: certificates, basic: true }),
      startDockerRegistry({ tls: certificates, token: trust }),
      startDockerRegistry(),
    ]);
    await buildSample(line, 'reg.example/org/sample:v1');
  }, 60_000);
  afterAll(async () => {
    await Promise.all([basic.close(), token.close(), open.close(), tokens.close()]);
    line.remove();
  });

  /** Runs a command with `-v`, which says the most, and keeps what it said. */
  async function gadget(words: readonly string[], input?: string) {
    const result = await line.run([...words, '-v'], input === undefined ? {} : { input });
    said += result.stdout + result.stderr;
    return result;
  }

  const ca = () => ['--ca-file', certificates.caFile];
  const login = (host: string, secret: string, ...flags: readonly string[]) =>
    gadget(['login', host, '-u', username, '--password-stdin', ...flags], `${secret}\n`);

  describe.each([
    ['with passwords', () => basic],
    ['with tokens', () => token],
  ] as const)('to a registry %s', (_, registry) => {
    const image = () => `${registry().host}/org/sample:v1`;

    test('is needed for a push, which says so', async () => {
      await line.gadget('image', 'tag', 'reg.example/org/sample:v1', image());
      expect(await gadget(['push', image(), ...ca()])).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(`gadget login ${registry().host}`),
      });
    });

    test('with a wrong password, or an authority that nobody knows, keeps nothing', async () => {
      expect((await login(registry().host, wrongPassword, ...ca())).status).toBe(3);
      expect(await login(registry().host, password)).toMatchObject({ status: 3, stderr: expect.stringContaining('--ca-file') });
      expect((await login(registry().host, '', ...ca())).status).toBe(2);
      expect((await gadget(['push', image(), ...ca()])).status).toBe(3);
    });

    test('keeps the credentials for its owner alone, which then work until the logout', async () => {
      const done = await login(registry().host, password, ...ca());
      expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining(`logged in to ${registry().host}`) });
      const file = /kept in (\S+)/.exec(done.stdout)![1]!;
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(await gadget(['push', image(), ...ca()])).toMatchObject({ status: 0 });
      expect(await gadget(['image', 'tags', `${registry().host}/org/sample`, ...ca()])).toMatchObject({ status: 0, stdout: 'v1\n' });
      await line.gadget('image', 'remove', image());
      expect(await gadget(['pull', image(), '--verify-image=false', ...ca()])).toMatchObject({ status: 0 });
      expect(await gadget(['logout', registry().host])).toMatchObject({ status: 0, stdout: expect.stringContaining(file) });
      expect(readFileSync(file, 'utf8')).not.toContain(registry().host);
      expect((await gadget(['pull', image(), '--verify-image=false', ...ca()])).status).toBe(3);
    });

    test('can be in a file of its own, for one part of the registry', async () => {
      const file = line.path(`auth-${registry().host}.json`);
      expect(await login(`${registry().host}/org`, password, '--authfile', file, ...ca())).toMatchObject({ status: 0 });
      const tags = (repository: string) => gadget(['image', 'tags', `${registry().host}/${repository}`, '--authfile', file, ...ca()]);
      expect(await tags('org/sample')).toMatchObject({ status: 0 });
      expect(await tags('elsewhere/sample')).toMatchObject({ status: 3 });
      expect(await gadget(['logout', `${registry().host}/org`, '--authfile', file])).toMatchObject({ status: 0 });
    });
  });

  test('without TLS', async () => {
    const image = `${open.host}/org/sample:v1`;
    await line.gadget('image', 'tag', 'reg.example/org/sample:v1', image);
    expect(await gadget(['push', image, '--plain-http'])).toMatchObject({ status: 0 });
    expect(await gadget(['push', `${basic.host}/org/sample:v1`, '--plain-http'])).toMatchObject({ status: 3 });
  });

  test('any certificate will do for an insecure registry, which on loopback gets the password', async () => {
    expect(await login(basic.host, password, '--insecure-registries', basic.host)).toMatchObject({ status: 0 });
    expect(await gadget(['image', 'tags', `${basic.host}/org/sample`, '--insecure-registries', basic.host])).toMatchObject({ status: 0 });
    expect(await gadget(['image', 'tags', `${basic.host}/org/sample`])).toMatchObject({ status: 3 });
    await line.gadget('logout', basic.host);
  });

  test('a credential helper gets the password on its standard input', async () => {
    line.write('docker-credential-fixture', '#!/bin/sh\necho "$0 $*" >> "$HOME/helper.calls"\ncat > "$HOME/helper.$1"\n');
    chmodSync(line.path('docker-credential-fixture'), 0o755);
    line.write('helped.json', JSON.stringify({ credHelpers: { [basic.host]: 'fixture' } }));
    const env = { PATH: `${line.folder}:${line.env['PATH']}` };
    const words = ['login', basic.host, '-u', username, '--password-stdin', '--authfile', line.path('helped.json'), ...ca()];
    const result = await line.run(words, { env, input: password });
    expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining('the credential helper fixture') });
    expect(JSON.parse(readFileSync(line.path('helper.store'), 'utf8'))).toMatchObject({ Username: username, Secret: password });
    expect(readFileSync(line.path('helper.calls'), 'utf8')).not.toContain(password);
    said += result.stdout + result.stderr;
  });

  test('a password is taken from nowhere but standard input or the terminal', async () => {
    expect(await line.run(['login', basic.host, '-u', username, '--password', 'x'])).toMatchObject({ status: 2 });
    expect(await line.run(['login', basic.host, '-u', username])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--password-stdin'),
    });
    expect(await line.run(['login', basic.host], { input: password })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--username'),
    });
  });

  test('logging out where nobody is logged in is no error', async () => {
    expect(await line.gadget('logout', 'reg.example')).toBe('there were no credentials for reg.example\n');
  });

  test('no command has said a password in any form, or a token', () => {
    expect(said.length).toBeGreaterThan(1000);
    for (const form of [...formsOf(password), ...formsOf(wrongPassword)]) expect(said).not.toContain(form);
    expect(said).not.toMatch(/eyJ[\w-]+\./);
  });
});
