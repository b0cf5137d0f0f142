import { GadgetError } from '../../base/errors.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, shortDigest } from '../digest.ts';
import { invalid } from '../json-document.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { maxBundleBytes, parseBundle } from './bundle.ts';
import { isBundleType, type SignatureForm, signatureAnnotations, signatureTypes } from './forms.ts';
import type { FoundSignature, IgnoredSignature } from './found-signatures.ts';
import { maxPayloadBytes } from './simple-signing.ts';

/** The most signers of one manifest. */
const maxLayers = 64;

/** The manifest whose layers are signatures. */
export interface SignatureManifest {
  readonly form: SignatureForm;
  readonly digest: Digest;
  readonly layers: readonly Descriptor[];
}

/** Each layer as a signature, or why it is none. */
export async function readLayers(
  reader: BoundedReader,
  { form, digest, layers }: SignatureManifest,
): Promise<readonly (FoundSignature | IgnoredSignature)[]> {
  const results: (FoundSignature | IgnoredSignature)[] = [];
  for (const layer of layers.slice(0, maxLayers)) {
    const result = await unlessBroken(() =>
      form === 'bundle' ? readBundle(reader, digest, layer) : readSimple(reader, { form, digest }, layer),
    );
    results.push('reason' in result ? { manifest: digest, form, reason: result.reason } : result.value);
  }
  if (layers.length > maxLayers) results.push({ manifest: digest, form, reason: `it has more than ${maxLayers} layers` });
  return results;
}

async function readBundle(reader: BoundedReader, manifest: Digest, layer: Descriptor): Promise<FoundSignature> {
  if (!isBundleType(layer.mediaType)) throw unknownLayer(layer);
  return { form: 'bundle', manifest, bundle: parseBundle(await reader.fetch(layer, maxBundleBytes)) };
}

async function readSimple(
  reader: BoundedReader,
  { form, digest: manifest }: { readonly form: 'legacy' | 'oci11'; readonly digest: Digest },
  layer: Descriptor,
): Promise<FoundSignature> {
  const {
    [signatureAnnotations.signature]: signature,
    [signatureAnnotations.certificate]: certificate,
    [signatureAnnotations.rekorBundle]: rekorBundle,
  } = layer.annotations ?? {};
  if (layer.mediaType !== signatureTypes.simpleSigning || signature === undefined) throw unknownLayer(layer);
  return {
    form,
    manifest,
    payload: await reader.fetch(layer, maxPayloadBytes),
    signature: Buffer.from(signature, 'base64'),
    // Where there is no certificate, cosign may write an empty annotation.
    ...(certificate ? { certificate } : {}),
    ...(rekorBundle ? { rekorBundle } : {}),
  };
}

function unknownLayer({ digest, mediaType }: Descriptor): GadgetError {
  return invalid(shortDigest(digest), `is a layer without a signature that is known (${JSON.stringify(mediaType.slice(0, 80))})`);
}

/** The value; or, when the content is not there or damaged, what is wrong with it. Other errors, such as a network that fails, pass. */
export async function unlessBroken<T>(read: () => Promise<T>): Promise<{ readonly value: T } | { readonly reason: string }> {
  try {
    return { value: await read() };
  } catch (error) {
    const isOfContent = error instanceof GadgetError && ['IMAGE_INVALID', 'IMAGE_NOT_FOUND'].includes(error.code);
    if (isOfContent) return { reason: error.message };
    throw error;
  }
}
