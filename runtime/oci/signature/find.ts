import { attachmentTag } from '../attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { type Manifest, parseManifest } from '../manifest.ts';
import { isManifestType, mediaTypes } from '../media-types.ts';
import type { ReadableRepository } from '../repository.ts';
import { BoundedReader } from './bounded-reader.ts';
import { signatureAnnotations, signatureTypes } from './forms.ts';
import type { FoundSignature, FoundSignatures, IgnoredSignature } from './found-signatures.ts';
import { attestationProblem, signPredicate } from './in-toto.ts';
import { readLayers, unlessBroken } from './read-layers.ts';

/** The most referrers of one image that are read: a signature, an attestation and an SBOM for each of many releases of a signer. */
const maxReferrers = 128;
/** The largest manifest of signatures in bytes: certificates and log entries are in its annotations. */
const maxSignatureManifestBytes = 1024 * 1024;
/** Referrers are read this many at a time. */
const readAtOnce = 8;

/** Everything that is signed about the image, in all three forms. Throws what the repository throws, such as a network error. */
export async function findSignatures(repository: ReadableRepository, image: Digest): Promise<FoundSignatures> {
  const reader = new BoundedReader(repository);
  const [legacy, referrers] = await Promise.all([readLegacy(repository, reader, image), readReferrers(repository, reader, image)]);
  const parts = [legacy, ...referrers].filter((part) => part !== undefined);
  return {
    repository: repository.name,
    image,
    signatures: parts.flatMap((part) => part.signatures),
    ignored: parts.flatMap((part) => part.ignored),
    manifests: parts.flatMap((part) => (part.signatures.length === 0 ? [] : part.manifests)),
  };
}

type Part = Pick<FoundSignatures, 'signatures' | 'ignored' | 'manifests'>;

async function readLegacy(repository: ReadableRepository, reader: BoundedReader, image: Digest): Promise<Part | undefined> {
  const tag = attachmentTag(image, '.sig');
  const descriptor = await repository.resolve({ tag });
  if (descriptor === undefined) return undefined;
  return readPart(reader, descriptor, { form: 'legacy', tag });
}

async function readReferrers(repository: ReadableRepository, reader: BoundedReader, image: Digest): Promise<readonly (Part | undefined)[]> {
  const referrers = (await repository.referrers(image)).filter(({ mediaType }) => isManifestType(mediaType)).sort(likelyFirst);
  const parts: (Part | undefined)[] = referrers
    .slice(maxReferrers)
    .map((referrer) => ignore(referrer, `it comes after ${maxReferrers} others`));
  for (let at = 0; at < Math.min(referrers.length, maxReferrers); at += readAtOnce) {
    const some = referrers.slice(at, Math.min(at + readAtOnce, maxReferrers));
    parts.push(...(await Promise.all(some.map((referrer) => readPart(reader, referrer, { subject: image })))));
  }
  return parts;
}

/** The artifact type of an entry only orders them: cosign 2.5 writes a wrong one into the index of referrers. */
function likelyFirst(one: Descriptor, other: Descriptor): number {
  return unlikeliness(one) - unlikeliness(other);
}

function unlikeliness({ artifactType }: Descriptor): number {
  if (artifactType === signatureTypes.bundle || artifactType === signatureTypes.oci11) return 0;
  return artifactType === undefined || artifactType === mediaTypes.emptyConfig ? 1 : 2;
}

interface Place {
  readonly form?: 'legacy';
  readonly tag?: string;
  /** A referrer counts only when its manifest says so: copying tools leave indexes that name what is about other images. */
  readonly subject?: Digest;
}

/** Undefined for what is no signature at all. */
async function readPart(reader: BoundedReader, descriptor: Descriptor, place: Place): Promise<Part | undefined> {
  const manifest = await unlessBroken(async () =>
    parseManifest(await reader.fetch(descriptor, maxSignatureManifestBytes), descriptor.digest),
  );
  if ('reason' in manifest) return ignore(descriptor, manifest.reason);
  if (place.subject !== undefined && manifest.value.subject?.digest !== place.subject) return undefined;
  const form = place.form ?? formOf(manifest.value);
  if (form === 'notation')
    return ignore(descriptor, 'it is one of Notation, which is not supported: sign with cosign or `gadget image sign`');
  if (form === undefined) return undefined;
  const predicate = manifest.value.annotations[signatureAnnotations.bundlePredicate] ?? signPredicate;
  if (form === 'bundle' && predicate !== signPredicate) return ignore(descriptor, attestationProblem);
  const results = await readLayers(reader, { form, digest: descriptor.digest, layers: manifest.value.layers });
  return {
    signatures: results.filter((result): result is FoundSignature => !('reason' in result)),
    ignored: results.filter((result): result is IgnoredSignature => 'reason' in result),
    manifests: [{ descriptor, ...(place.tag === undefined ? {} : { tag: place.tag }) }],
  };
}

function formOf({ artifactType, config, layers }: Manifest): 'oci11' | 'bundle' | 'notation' | undefined {
  if (artifactType === signatureTypes.notation || config.mediaType === signatureTypes.notation) return 'notation';
  if (config.mediaType === signatureTypes.oci11 || artifactType === signatureTypes.oci11) return 'oci11';
  return layers.some(({ mediaType }) => mediaType.startsWith('application/vnd.dev.sigstore.bundle')) ? 'bundle' : undefined;
}

function ignore({ digest }: Descriptor, reason: string): Part {
  return { signatures: [], ignored: [{ manifest: digest, reason }], manifests: [] };
}
