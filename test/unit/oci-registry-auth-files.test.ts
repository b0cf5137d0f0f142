import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../registry-fixtures/folder.ts';
import { parseAuthFile } from '../../runtime/oci/registry/auth/auth-file.ts';
import { eraseLogin, storeLogin } from '../../runtime/oci/registry/auth/login.ts';
import { candidateKeys, helperKey, normalizeKey } from '../../runtime/oci/registry/auth/registry-key.ts';
import { storedCredentials } from '../../runtime/oci/registry/auth/stored-credentials.ts';

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = makeFolder();
  environment = { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run'), PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
});
afterEach(() => removeFolder(folder));

const auth = (username: string, password: string) => ({ auth: Buffer.from(`${username}:${password}`).toString('base64') });
const dockerConfig = () => join(folder, '.docker/config.json');
function write(path: string, value: unknown): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

/** A helper that keeps what it is told in a file, and writes down how it was called. */
function installHelper(name: string): void {
  const script = `#!/bin/sh
echo "$1" >> '${folder}/calls'
input=$(cat)
case "$1" in
store) echo "$input" > '${folder}/kept' ;;
erase) rm -f '${folder}/kept' ;;
get) if [ -f '${folder}/kept' ]; then cat '${folder}/kept'; else echo 'credentials not found in native keychain'; exit 1; fi ;;
esac
`;
  chmodSync(write(join(folder, 'bin', `docker-credential-${name}`), script), 0o755);
}

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['https://ghcr.io', 'ghcr.io'],
  ['https://ghcr.io/v2/', 'ghcr.io'],
  ['http://Registry.Example:5000/v1/', 'registry.example:5000'],
  ['ghcr.io/org/image', 'ghcr.io/org/image'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['docker.io/me', 'docker.io/me'],
])('the key %s is %s', (key, expected) => {
  expect(normalizeKey(key)).toBe(expected);
});

test('keys from exact to general', () => {
  expect(candidateKeys('index.docker.io', 'a/b')).toEqual(['docker.io/a/b', 'docker.io/a', 'docker.io']);
  expect(candidateKeys('r.example:5000', undefined)).toEqual(['r.example:5000']);
  expect(helperKey('docker.io')).toBe('https://index.docker.io/v1/');
  expect(helperKey('r.example')).toBe('r.example');
});

describe('an auth file', () => {
  test.each<[string, unknown, unknown]>([
    ['user and password', auth('me', 'a:b'), { username: 'me', password: 'a:b' }],
    ['spelled out', { username: 'me', password: '' }, { username: 'me', password: '' }],
    ['an identity token, which counts first', { ...auth('me', 'x'), identitytoken: 'id' }, { identityToken: 'id' }],
    ['a registry token', { registrytoken: 'rt' }, { registryToken: 'rt' }],
    [
      'zero bytes at the end, as some helpers write',
      { auth: Buffer.from('me:x\0\0').toString('base64') },
      { username: 'me', password: 'x' },
    ],
    ['a mark that a helper has it', {}, undefined],
    ['no colon', { auth: Buffer.from('me').toString('base64') }, undefined],
    ['no user', { auth: Buffer.from(':x').toString('base64') }, undefined],
  ])('with %s', (_, entry, expected) => {
    expect(parseAuthFile(Buffer.from(JSON.stringify({ auths: { r: entry } })), 'x').credentials['r']).toEqual(expected);
  });

  test.each(['[]', '{"auths": "secret-x"}', '{"auths": {"r": "secret-x"}}', '{"auths": {"r": {"auth": "secret-x', '"secret-x"'])(
    'that is %s is refused without showing it',
    (text) => {
      let error: Error | undefined;
      try {
        parseAuthFile(Buffer.from(text), 'the-file');
      } catch (thrown) {
        error = thrown as Error;
      }
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('the-file') });
      expect(String(error?.stack) + String(error?.cause)).not.toContain('secret-x');
    },
  );
});

describe('credentials are found', () => {
  const find = (registry: string, repository = 'org/image', authFile?: string) =>
    storedCredentials({ environment, ...(authFile === undefined ? {} : { authFile }) })({ registry, repository });

  test('nowhere', async () => {
    expect(await find('ghcr.io')).toBeUndefined();
  });

  test('with the longest path that fits', async () => {
    write(dockerConfig(), {
      auths: { 'ghcr.io': auth('all', '1'), 'ghcr.io/org': auth('org', '2'), 'ghcr.io/org/image/x': auth('x', '3') },
    });
    expect(await find('ghcr.io')).toEqual({ username: 'org', password: '2' });
    expect(await find('ghcr.io', 'organization/image')).toEqual({ username: 'all', password: '1' });
    expect(await find('other.io')).toBeUndefined();
  });

  test('for Docker Hub by any of its names', async () => {
    write(dockerConfig(), { auths: { 'https://index.docker.io/v1/': auth('hub', '1') } });
    for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
      expect(await find(name)).toEqual({ username: 'hub', password: '1' });
  });

  test('in the files in their order', async () => {
    const files = ['run/containers/auth.json', '.config/containers/auth.json', '.docker/config.json'];
    for (const [at, name] of [...files.entries()].reverse()) {
      write(join(folder, name), { auths: { 'ghcr.io': auth(`user${at}`, 'x') } });
      expect(await find('ghcr.io')).toMatchObject({ username: `user${at}` });
    }
    environment['DOCKER_CONFIG'] = dirname(write(join(folder, 'elsewhere/config.json'), { auths: { 'quay.io': auth('quay', 'x') } }));
    expect(await find('quay.io')).toMatchObject({ username: 'quay' });
    environment['REGISTRY_AUTH_FILE'] = write(join(folder, 'named.json'), { auths: { 'ghcr.io': auth('named', 'x') } });
    expect(await find('ghcr.io')).toMatchObject({ username: 'named' });
    expect(await find('quay.io')).toBeUndefined();
    const flag = write(join(folder, 'flag.json'), { auths: { 'ghcr.io': auth('flag', 'x') } });
    expect(await find('ghcr.io', 'x', flag)).toMatchObject({ username: 'flag' });
  });

  test('with a helper', async () => {
    installHelper('test');
    write(dockerConfig(), { auths: { 'ghcr.io': {} }, credsStore: 'test' });
    expect(await find('ghcr.io')).toBeUndefined();
    write(join(folder, 'kept'), { ServerURL: 'ghcr.io', Username: 'me', Secret: 'x' });
    expect(await find('ghcr.io')).toEqual({ username: 'me', password: 'x' });
    write(join(folder, 'kept'), { ServerURL: 'ghcr.io', Username: '<token>', Secret: 'id' });
    expect(await find('ghcr.io')).toEqual({ identityToken: 'id' });
    write(dockerConfig(), { auths: { 'ghcr.io': auth('file', 'x') }, credHelpers: { 'ghcr.io': 'test' } });
    expect(await find('ghcr.io')).toEqual({ identityToken: 'id' });
  });

  test('although another file or helper is broken', async () => {
    write(join(folder, 'run/containers/auth.json'), '{');
    write(join(folder, '.config/containers/auth.json'), { credsStore: 'missing' });
    write(dockerConfig(), { auths: { 'ghcr.io': auth('me', 'x') } });
    const problems: string[] = [];
    const provider = storedCredentials({ environment, onProblem: ({ message }) => problems.push(message) });
    expect(await provider({ registry: 'ghcr.io' })).toMatchObject({ username: 'me' });
    expect(problems).toEqual([
      expect.stringContaining('auth.json is no JSON'),
      expect.stringContaining('docker-credential-missing cannot be run: ENOENT'),
    ]);
    await expect(find('ghcr.io', 'x', write(join(folder, 'flag.json'), '['))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test.each(['../../x', 'a b', 'x;y', ''])('and %j is no helper', async (name) => {
    write(dockerConfig(), { credHelpers: { 'ghcr.io': name } });
    expect(await find('ghcr.io')).toBeUndefined();
  });
});

describe('a login', () => {
  const credential = { username: 'me', password: 'x' };
  const stored = () => JSON.parse(readFileSync(dockerConfig(), 'utf8'));

  test('is written for its owner only, beside what was there', async () => {
    write(dockerConfig(), { HttpHeaders: { a: 'b' }, auths: { 'quay.io': auth('q', 'x'), 'https://ghcr.io/v2/': auth('old', 'x') } });
    chmodSync(dockerConfig(), 0o644);
    expect(await storeLogin('ghcr.io', credential, { environment })).toEqual({ path: dockerConfig() });
    expect(stored()).toEqual({ HttpHeaders: { a: 'b' }, auths: { 'quay.io': auth('q', 'x'), 'ghcr.io': auth('me', 'x') } });
    expect(statSync(dockerConfig()).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(dockerConfig()))).toEqual(['config.json']);
    expect(await storedCredentials({ environment })({ registry: 'ghcr.io' })).toEqual(credential);
  });

  test('makes the file, and keeps a link a link', async () => {
    await storeLogin('docker.io', { identityToken: 'id' }, { environment });
    expect(stored()).toEqual({ auths: { 'https://index.docker.io/v1/': { identitytoken: 'id' } } });
    const link = join(folder, 'link.json');
    symlinkSync(dockerConfig(), link);
    await storeLogin('r.example/org', credential, { environment, authFile: link });
    expect(Object.keys(stored().auths)).toEqual(['https://index.docker.io/v1/', 'r.example/org']);
  });

  test('is taken away wherever it is', async () => {
    const other = write(join(folder, 'run/containers/auth.json'), { auths: { 'ghcr.io': auth('a', 'x') } });
    await storeLogin('ghcr.io', credential, { environment });
    expect(await eraseLogin('ghcr.io', { environment })).toEqual([{ path: other }, { path: dockerConfig() }]);
    expect(stored()).toEqual({ auths: {} });
    expect(await eraseLogin('ghcr.io', { environment })).toEqual([]);
  });

  test('goes to the helper, through its input', async () => {
    installHelper('test');
    write(dockerConfig(), { credsStore: 'test' });
    expect(await storeLogin('docker.io', credential, { environment })).toEqual({ path: dockerConfig(), helper: 'test' });
    expect(JSON.parse(readFileSync(join(folder, 'kept'), 'utf8'))).toEqual({
      ServerURL: 'https://index.docker.io/v1/',
      Username: 'me',
      Secret: 'x',
    });
    expect(stored()).toEqual({ credsStore: 'test' });
    expect(await storedCredentials({ environment })({ registry: 'docker.io' })).toEqual(credential);
    await eraseLogin('docker.io', { environment });
    expect(await storedCredentials({ environment })({ registry: 'docker.io' })).toBeUndefined();
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('store\nget\nerase\nget\n');
  });

  test('has no place without a home', async () => {
    await expect(storeLogin('ghcr.io', credential, { environment: {} })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
