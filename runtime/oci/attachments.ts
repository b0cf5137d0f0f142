import type { CopyOptions } from './copy.ts';
import { copyImage } from './copy.ts';
import { copyTagged } from './copy-tagged.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, digestHex, isDigest } from './digest.ts';
import { parseManifest } from './manifest.ts';
import { isManifestType } from './media-types.ts';
import type { ReadableRepository, Repository } from './repository.ts';

/** What belongs to an image without being a part of it: a signature, an attestation, an SBOM. */
export interface Attachment {
  readonly descriptor: Descriptor;
  /** The tag it is found by; undefined for a referrer, which is found by its `subject`. */
  readonly tag: string | undefined;
}

/** Endings of the tags that cosign attaches things by. The tag without an ending is that of the fallback for referrers. */
const tagEndings = ['.sig', '.att', '.sbom'] as const;
const tagPattern = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/** The most attachments of one image that are looked at. */
const maxAttachments = 200;
/** A signature of an SBOM of an image is as far as people go. */
const maxDepth = 2;

/** The tag by which something of that ending is attached to an image. */
export function attachmentTag(subject: Digest, ending: (typeof tagEndings)[number] | '' = ''): string {
  return `sha256-${digestHex(subject)}${ending}`;
}

/** The image that something with this tag is attached to; undefined for the tag of an image. */
export function subjectOfTag(tag: string): Digest | undefined {
  const digest = `sha256:${tagPattern.exec(tag)?.[1]}`;
  return isDigest(digest) ? digest : undefined;
}

/** Everything that is attached to the image. Referrers whose manifest does not name it as its subject are left out. */
export async function findAttachments(from: ReadableRepository, subject: Digest): Promise<readonly Attachment[]> {
  const [tagged, referrers] = await Promise.all([
    Promise.all(tagEndings.map((ending) => findTagged(from, attachmentTag(subject, ending)))),
    from.referrers(subject),
  ]);
  const about = await Promise.all(referrers.slice(0, maxAttachments).map((referrer) => isAbout(from, referrer, subject)));
  return [
    ...tagged.filter((attachment) => attachment !== undefined),
    ...referrers.filter((_, at) => about[at] === true).map((descriptor) => ({ descriptor, tag: undefined })),
  ];
}

async function findTagged(from: ReadableRepository, tag: string): Promise<Attachment | undefined> {
  const descriptor = await from.resolve({ tag });
  return descriptor === undefined ? undefined : { descriptor, tag };
}

async function isAbout(from: ReadableRepository, referrer: Descriptor, subject: Digest): Promise<boolean> {
  if (!isManifestType(referrer.mediaType)) return false;
  const manifest = parseManifest(await from.fetch(referrer), referrer.digest);
  return manifest.subject?.digest === subject;
}

export interface AttachmentOptions extends CopyOptions {
  /** What `findAttachments` gives, where it was asked earlier. */
  readonly found?: Promise<readonly Attachment[]>;
}

/** Copies what is attached to the image, and what is attached to that. Returns how many attachments there are. */
export async function copyAttachments(
  from: ReadableRepository,
  to: Repository,
  subject: Digest,
  { found, ...options }: AttachmentOptions = {},
  depth = 0,
): Promise<number> {
  const attachments = await (found ?? findAttachments(from, subject));
  let count = attachments.length;
  for (const { descriptor, tag } of attachments) {
    if (tag !== undefined) {
      await copyTagged(from, to, { descriptor, tag }, options);
      continue;
    }
    await copyImage(from, to, descriptor, options);
    if (depth < maxDepth) count += await copyAttachments(from, to, descriptor.digest, options, depth + 1);
  }
  return count;
}
