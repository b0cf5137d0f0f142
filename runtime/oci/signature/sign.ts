import type { Report } from '../../base/diagnostics.ts';
import { ImageError } from '../../base/errors.ts';
import { attachmentTag } from '../attachments.ts';
import { type Descriptor, describe } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { parseManifest } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import type { Repository } from '../repository.ts';
import { makeBundle } from './bundle.ts';
import { findSignatures } from './find.ts';
import { type SignatureForm, signatureAnnotations, signatureTypes } from './forms.ts';
import { signPredicate, signStatement } from './in-toto.ts';
import { signBytes } from './key-kinds.ts';
import { addLegacyLayer } from './legacy-manifest.ts';
import type { SigningKey } from './private-key.ts';
import { pushReferrer } from './referrer.ts';
import { simpleSigningPayload } from './simple-signing.ts';
import { verifyWithKeys } from './verify.ts';

export interface SignOptions {
  /** `legacy` unless told: what every version of cosign and Inspektor Gadget reads. */
  readonly form?: SignatureForm;
  readonly report?: Report;
}

/** Where the signature is. */
export interface SignResult {
  readonly form: SignatureForm;
  /** Digest of the manifest that holds it. */
  readonly manifest: Digest;
  /** The key had signed the image in this form before, and nothing was written. */
  readonly wasSigned: boolean;
}

/**
 * Signs an image of the repository and stores the signature beside it, after those of other signers. A key that has signed it already
 * does not sign twice. Throws IMAGE_NOT_FOUND when the image is not there.
 */
export async function signImage(repository: Repository, image: Digest, key: SigningKey, options: SignOptions = {}): Promise<SignResult> {
  const form = options.form ?? 'legacy';
  const subject = await repository.resolve({ digest: image });
  if (subject === undefined) throw new ImageError('IMAGE_NOT_FOUND', `${repository.name}@${image} is not there to be signed`);
  const found = await findSignatures(repository, image);
  const others = found.signatures.filter((signature) => signature.form === form);
  const own = others.map((signature) => verifyWithKeys(signature, image, [key.publicKey])).find((verified) => verified !== undefined);
  if (own !== undefined) return { form, manifest: own.manifest, wasSigned: true };
  if (others.length > 0) warnOfSeveral(options.report, `${repository.name}@${image}`);
  const manifest = await writers[form](repository, { subject, key, others: unique(others.map((other) => other.manifest)) });
  return { form, manifest, wasSigned: false };
}

function warnOfSeveral(report: Report | undefined, image: string): void {
  report?.({
    severity: 'warning',
    message: `${image} has another signature of this form already: Inspektor Gadget refuses images with more than one`,
    hint: 'cosign and this tool take any of them',
  });
}

interface Work {
  readonly subject: Descriptor;
  readonly key: SigningKey;
  /** Manifests with signatures of this form. */
  readonly others: readonly Digest[];
}

type WriteSignature = (repository: Repository, work: Work) => Promise<Digest>;

const writers: Readonly<Record<SignatureForm, WriteSignature>> = {
  legacy: async (repository, { subject, key }) => {
    const layer = await pushSimpleLayer(repository, subject.digest, key);
    return addLegacyLayer(repository, attachmentTag(subject.digest, '.sig'), layer);
  },
  oci11: async (repository, { subject, key, others }) => {
    const layer = await pushSimpleLayer(repository, subject.digest, key);
    // cosign 2.5 reads only the last referrer of this form, so it holds the signatures of all.
    const layers = [...(await layersOf(repository, others)), layer];
    return pushReferrer(repository, { artifactType: signatureTypes.oci11, configType: signatureTypes.oci11, layers, subject });
  },
  bundle: async (repository, { subject, key }) => {
    const bundle = makeBundle(signStatement(repository.name, subject.digest), key);
    const layer = describe(signatureTypes.bundle, bundle);
    await repository.push(layer, bundle);
    const annotations = { [signatureAnnotations.bundleContent]: 'dsse-envelope', [signatureAnnotations.bundlePredicate]: signPredicate };
    return pushReferrer(repository, {
      artifactType: signatureTypes.bundle,
      configType: mediaTypes.emptyConfig,
      layers: [layer],
      subject,
      annotations,
    });
  },
};

async function pushSimpleLayer(repository: Repository, image: Digest, { privateKey }: SigningKey): Promise<Descriptor> {
  const payload = simpleSigningPayload(repository.name, image);
  const layer = describe(signatureTypes.simpleSigning, payload);
  await repository.push(layer, payload);
  return { ...layer, annotations: { [signatureAnnotations.signature]: signBytes(privateKey, payload).toString('base64') } };
}

/** Layers of the manifests, each signature once. */
async function layersOf(repository: Repository, manifests: readonly Digest[]): Promise<readonly Descriptor[]> {
  const layers = new Map<string, Descriptor>();
  for (const digest of manifests) {
    const descriptor = await repository.resolve({ digest });
    if (descriptor === undefined) continue;
    for (const layer of parseManifest(await repository.fetch(descriptor), digest).layers) {
      layers.set(`${layer.digest} ${layer.annotations?.[signatureAnnotations.signature]}`, layer);
    }
  }
  return [...layers.values()];
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
