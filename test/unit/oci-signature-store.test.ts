import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyAttachments } from '../../runtime/oci/attachments.ts';
import { copyImage } from '../../runtime/oci/copy.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import type { ReadableRepository } from '../../runtime/oci/repository.ts';
import { findSignatures } from '../../runtime/oci/signature/find.ts';
import { type SignatureForm, signatureForms } from '../../runtime/oci/signature/forms.ts';
import type { SigningKey } from '../../runtime/oci/signature/private-key.ts';
import { publicKeyOf } from '../../runtime/oci/signature/public-key.ts';
import { requireTrusted } from '../../runtime/oci/signature/require-trusted.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { LocalRepository } from '../../runtime/oci/store/local-repository.ts';
import { MemoryRepository } from '../support/memory-repository.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-signatures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reference = parseImageReference('registry.example/org/gadget:v1');
const name = 'registry.example/org/gadget';

function newKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKeyOf(publicKey) };
}

const [alice, bob] = [newKey(), newKey()];

async function signerOf(repository: ReadableRepository, image: `sha256:${string}`, key: SigningKey): Promise<SignatureForm> {
  const policy = { entries: [{ prefix: 'registry.example/org', key: key.publicKey.pem }], builtin: false };
  return (await requireTrusted(repository, reference, image, { policy })).form;
}

describe.each(signatureForms)('the form %s', (form) => {
  it('is stored in the local store by two signers, and travels with copies', async () => {
    const store = openImageStore(join(folder, form));
    const { root } = await pushImage(store, sampleImage(form));
    await store.tag(root, reference);
    for (const key of [alice, bob]) {
      const repository = new LocalRepository(store, name);
      await signImage(repository, root.digest, key, { form });
      await repository.commit();
    }
    const local = new LocalRepository(store, name);
    expect([await signerOf(local, root.digest, alice), await signerOf(local, root.digest, bob)]).toEqual([form, form]);

    const copy = new MemoryRepository('elsewhere.example/copy');
    await copyImage(local, copy, root);
    await copyAttachments(local, copy, root.digest);
    expect((await findSignatures(copy, root.digest)).repository).toBe('elsewhere.example/copy');
    expect([await signerOf(copy, root.digest, alice), await signerOf(copy, root.digest, bob)]).toEqual([form, form]);
    await store.close();
  });
});
