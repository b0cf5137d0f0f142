import type { Digest } from './digest.ts';
import { digestOf, isDigest } from './digest.ts';
import { expectObject, expectString, expectStringMap, invalid } from './json-document.ts';

/** What a piece of content is, by address and size: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The machine a manifest is for. */
export interface Platform {
  /** Go's names: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** The descriptor of these bytes. */
export function describe(
  mediaType: string,
  bytes: Uint8Array,
  more: Pick<Descriptor, 'artifactType' | 'platform' | 'annotations'> = {},
): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, ...more };
}

/** A descriptor from JSON; members that are not known here are left out. */
export function parseDescriptor(value: unknown, subject: string): Descriptor {
  const json = expectObject(value, subject);
  const { mediaType, digest, size, artifactType, platform, annotations } = json as Partial<Record<keyof Descriptor, unknown>>;
  if (!isDigest(digest)) throw invalid(subject, 'its digest is not "sha256:" and 64 hexadecimal digits');
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(subject, 'its size is not a whole number of bytes');
  return {
    mediaType: expectString(mediaType, `${subject}: mediaType`),
    digest,
    size: size as number,
    ...(artifactType === undefined ? {} : { artifactType: expectString(artifactType, `${subject}: artifactType`) }),
    ...(platform === undefined || platform === null ? {} : { platform: parsePlatform(platform, `${subject}: platform`) }),
    ...(annotations === undefined ? {} : { annotations: expectStringMap(annotations, `${subject}: annotations`) }),
  };
}

function parsePlatform(value: unknown, subject: string): Platform {
  const { architecture, os, variant } = expectObject(value, subject) as Partial<Record<keyof Platform, unknown>>;
  return {
    architecture: expectString(architecture, `${subject}.architecture`),
    os: expectString(os, `${subject}.os`),
    ...(variant === undefined ? {} : { variant: expectString(variant, `${subject}.variant`) }),
  };
}

/** Refuses bytes that are not what the descriptor says. */
export function verifyContent(descriptor: Descriptor, bytes: Uint8Array): void {
  if (bytes.length !== descriptor.size) throw invalid(descriptor.digest, `has ${bytes.length} bytes instead of ${descriptor.size}`);
  const actual = digestOf(bytes);
  if (actual !== descriptor.digest) throw invalid(descriptor.digest, `its content has the digest ${actual}`);
}
