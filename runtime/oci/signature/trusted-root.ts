import { readFile } from 'node:fs/promises';
import type { TrustMaterial } from '@sigstore/verify';
import { GadgetError } from '../../base/errors.ts';
import { parseJsonObject } from '../json-document.ts';

/** A root of the public Sigstore has some 7 KiB. */
const maxRootBytes = 1024 * 1024;
const rootType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

/**
 * The certificate authorities and logs that keyless signatures are verified against: of the file (trusted_root.json, as
 * `cosign trusted-root create` and Sigstore's TUF repository have it), else of the public Sigstore as shipped. Throws TRUST_INVALID.
 */
export async function readTrustedRoot(path?: string): Promise<TrustMaterial> {
  if (path === undefined) return parseTrustedRoot(await shippedRoot(), 'the shipped trusted root');
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new GadgetError('TRUST_INVALID', `cannot read the trusted root ${path}`, { cause });
  });
  return parseTrustedRoot(bytes, path);
}

async function shippedRoot(): Promise<Uint8Array> {
  const { default: root } = await import('./trusted-root.json', { with: { type: 'json' } });
  return Buffer.from(JSON.stringify(root));
}

/** The trusted root of these bytes. Throws TRUST_INVALID. */
export async function parseTrustedRoot(bytes: Uint8Array, subject: string): Promise<TrustMaterial> {
  try {
    const json = parseJsonObject(bytes, subject, maxRootBytes);
    if (json['mediaType'] !== rootType) throw new Error(`its mediaType is not ${rootType}`);
    const { TrustedRoot } = await import('@sigstore/protobuf-specs');
    const { toTrustMaterial } = await import('@sigstore/verify');
    return toTrustMaterial(TrustedRoot.fromJSON(json));
  } catch (cause) {
    throw new GadgetError('TRUST_INVALID', `${subject} is no trusted root of Sigstore`, {
      cause,
      hint: 'a trusted root is a file trusted_root.json with this mediaType',
    });
  }
}
