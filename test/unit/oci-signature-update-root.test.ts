import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closer, listen } from '../../registry-fixtures/listen.ts';
import { httpFiles } from '../../runtime/oci/signature/tuf/http-files.ts';
import { installedTrustedRoot, updateTrustedRoot } from '../../runtime/oci/signature/update-trusted-root.ts';
import { FakeTufRepository } from '../support/fake-tuf-repository.ts';
import { FakeSigstore } from '../support/keyless/fake-sigstore.ts';

const now = new Date('2026-01-01T00:00:00Z');
const { trustedRoot } = new FakeSigstore();
let folder: string;
let repository: FakeTufRepository;
const trustFile = (): string => join(folder, 'trust.json');
const inFolder = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gadget-root-'));
  repository = new FakeTufRepository();
  const root = JSON.parse(Buffer.from(repository.publishRoot()).toString()) as unknown;
  writeFileSync(inFolder('trusted_root.state.json'), JSON.stringify({ root, versions: {} }));
  repository.publish('trusted_root.json', trustedRoot);
});
afterEach(() => rmSync(folder, { recursive: true }));

it('puts the newest root beside the trust entries, once', async () => {
  expect(await installedTrustedRoot([trustFile()])).toBeUndefined();
  const path = inFolder('trusted_root.json');
  expect(await updateTrustedRoot(trustFile(), repository.file, now)).toEqual({ path, isNew: true });
  expect(readFileSync(path)).toEqual(trustedRoot);
  expect(await updateTrustedRoot(trustFile(), repository.file, now)).toEqual({ path, isNew: false });
  expect(await installedTrustedRoot(['/nonexistent/trust.json', trustFile()])).toBe(path);
  expect(readdirSync(folder).sort()).toEqual(['trusted_root.json', 'trusted_root.state.json']);
});

it.each<[string, () => void, RegExp]>([
  [
    'something that is no trusted root',
    () => repository.publish('trusted_root.json', Buffer.from('{}')),
    /the new trusted root is no trusted root/,
  ],
  [
    'a file that was changed',
    () => repository.files.set('timestamp.json', Buffer.from('{}')),
    /the trusted root was not updated: timestamp/,
  ],
  ['a damaged state', () => writeFileSync(inFolder('trusted_root.state.json'), '{'), /is damaged/],
  [
    'the root of others',
    () => rmSync(inFolder('trusted_root.state.json')),
    /the trusted root was not updated: timestamp: version 1 is signed by 0/,
  ],
])('changes nothing for %s', async (_what, attack, problem) => {
  attack();
  const before = readdirSync(folder);
  const error = await updateTrustedRoot(trustFile(), repository.file, now).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'TRUST_INVALID', message: expect.stringMatching(problem) });
  expect(readdirSync(folder)).toEqual(before);
});

it('refuses a root that is older than what was seen', async () => {
  const old = new Map(repository.files);
  repository.publish('trusted_root.json', trustedRoot);
  await updateTrustedRoot(trustFile(), repository.file, now);
  for (const [path, bytes] of old) repository.files.set(path, bytes);
  await expect(updateTrustedRoot(trustFile(), repository.file, now)).rejects.toThrow(/is version 1, older than version 2/);
});

it('fetches over HTTP', async () => {
  const server: Server = createServer((request, response) => {
    const path = request.url!.slice('/mirror/'.length);
    if (path === 'broken') response.writeHead(500).end();
    else if (path === 'huge') response.end(Buffer.alloc(1000));
    else if (path === 'moved') response.writeHead(302, { location: '/mirror/timestamp.json' }).end();
    else if (repository.files.has(path)) response.end(repository.files.get(path));
    else response.writeHead(403).end();
  });
  const base = `http://127.0.0.1:${await listen(server)}/mirror`;
  const close = closer(server);
  const files = httpFiles(base, { environment: {} });
  try {
    expect((await updateTrustedRoot(trustFile(), files, now)).isNew).toBe(true);
    expect(Buffer.from((await files('moved', 100_000))!)).toEqual(repository.files.get('timestamp.json'));
    await expect(files('broken', 10)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('answered with 500'),
    });
    await expect(files('huge', 999)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('more than 999 bytes'),
    });
  } finally {
    files.close();
    await close();
  }
  await expect(files('timestamp.json', 10)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  files.close();
});
