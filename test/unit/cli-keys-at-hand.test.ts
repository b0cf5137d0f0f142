import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keysAtHand, keysIn } from '../../runtime/cli/keys-at-hand.ts';
import { noteUsedKey, usedKeys } from '../../runtime/cli/used-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();

test('public keys of a folder, and nothing else that is in it', async () => {
  for (const [name, text] of [
    ['b.pub', pem],
    ['a.pub', pem],
    ['id.pub', 'ssh-ed25519 AAAA me@here'],
    ['key.pem', pem],
    ['large.pub', pem + ' '.repeat(70_000)],
  ] as const) {
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(join(folder, 'folder.pub'));
  expect((await keysIn(folder)).map(({ path, keys }) => [path, keys.length])).toEqual([
    ['a.pub', 1],
    ['b.pub', 1],
  ]);
  expect(await keysIn(join(folder, 'none'))).toEqual([]);
});

test('keys that were used are found again: those below the current folder by the shorter path, the newest first', async () => {
  const env = { GADGET_TRUST: join(folder, 'notes/trust.json') };
  const elsewhere = join(folder, 'elsewhere');
  const cwd = join(folder, 'cwd');
  for (const path of [elsewhere, join(cwd, 'keys')]) mkdirSync(path, { recursive: true });
  for (const path of [join(elsewhere, 'far.pub'), join(cwd, 'keys/near.pub'), join(cwd, 'here.pub')]) writeFileSync(path, pem);
  for (const key of ['elsewhere/far.key', 'cwd/here.key', 'elsewhere/far.key', 'elsewhere/without-public.key', 'cwd/keys/near.pem'])
    await noteUsedKey(join(folder, key), env);
  expect((await keysAtHand({ cwd, env })).map(({ path }) => path)).toEqual(['here.pub', 'keys/near.pub', join(elsewhere, 'far.pub')]);
  rmSync(elsewhere, { recursive: true });
  expect((await keysAtHand({ cwd, env })).map(({ path }) => path)).toEqual(['here.pub', 'keys/near.pub']);
});

test('no more than 50 keys are noted', async () => {
  const env = { GADGET_TRUST: join(folder, 'many.json') };
  for (let at = 0; at <= 50; at++) {
    writeFileSync(join(folder, `${at}.pub`), pem);
    await noteUsedKey(join(folder, `${at}.key`), env);
  }
  const noted = await usedKeys(env);
  expect([noted.length, noted[0], noted[49]]).toEqual([50, join(folder, '50.pub'), join(folder, '1.pub')]);
});

test.each([
  ['a damaged list', 'damaged', '{"keys": ["/a.pub"'],
  ['a list of something else', 'odd', '{"keys": [1, null, "relative.pub"]}'],
  ['no list', 'none', '[]'],
])('%s is none', async (_, name, text) => {
  writeFileSync(join(folder, `${name}.keys`), text);
  expect(await usedKeys({ GADGET_TRUST: join(folder, name) })).toEqual([]);
});

test('where nothing can be noted nothing fails', async () => {
  writeFileSync(join(folder, 'used.pub'), pem);
  for (const place of ['/dev/null', join(folder, 'used.pub/trust.json')]) {
    await noteUsedKey(join(folder, 'used.key'), { GADGET_TRUST: place });
    expect(existsSync(`${place}.keys`)).toBe(false);
  }
});
