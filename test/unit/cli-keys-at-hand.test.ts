import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keysIn } from '../../runtime/cli/keys-at-hand.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('public keys of a folder, and nothing else that is in it', async () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
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
