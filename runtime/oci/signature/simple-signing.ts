import { GadgetError } from '../../base/errors.ts';
import type { Digest } from '../digest.ts';
import { expectObject, parseJsonObject } from '../json-document.ts';

/** The largest signed text in bytes; it has some 250, and what signers add in `optional`. */
export const maxPayloadBytes = 256 * 1024;

/** What cosign writes as `critical.type`, and what its newer versions may. */
const types: readonly unknown[] = ['cosign container image signature', 'https://sigstore.dev/cosign/sign/v1'];

/** The text that is signed in the forms `legacy` and `oci11`: https://github.com/containers/image/blob/main/docs/containers-signature.5.md */
export function simpleSigningPayload(repository: string, digest: Digest): Buffer {
  const critical = {
    identity: { 'docker-reference': repository },
    image: { 'docker-manifest-digest': digest },
    type: types[0],
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

/**
 * Why the signed text does not approve of this image; undefined when it does. Its `docker-reference` is not looked at: copies of an image
 * keep the one of the source, and cosign ignores it, too.
 */
export function payloadProblem(payload: Uint8Array, digest: Digest): string | undefined {
  try {
    const critical = expectObject(parseJsonObject(payload, 'payload', maxPayloadBytes)['critical'], 'critical');
    const signed = expectObject(critical['image'], 'critical.image')['docker-manifest-digest'];
    if (signed !== digest) return `it is about ${typeof signed === 'string' ? JSON.stringify(signed.slice(0, 80)) : 'no digest'}`;
    return types.includes(critical['type']) ? undefined : 'its payload is not of a type that cosign signs';
  } catch (error) {
    if (error instanceof GadgetError) return error.message;
    throw error;
  }
}
