import packageJson from '../package.json' with { type: 'json' };
import { GadgetError } from '../runtime/base/errors.ts';
import { compatibleApiVersion } from '../runtime/gadget/api-version.ts';
import type { GadgetMetadata } from '../runtime/gadget/metadata.ts';
import { annotationKeys } from '../runtime/oci/media-types.ts';

/** Annotations of our own: which release built the image, and with which clang (another one gives another digest). */
export const ownAnnotationKeys = { version: 'dev.gadget.builder.version', clang: 'dev.gadget.builder.clang' } as const;

/** The annotations that an image's index, manifests, configs and their descriptors all carry, by key in order. */
export function imageAnnotations(
  metadata: GadgetMetadata | undefined,
  clang: string | undefined,
  created: string | undefined,
): Record<string, string> {
  const annotations: Record<string, string> = {
    ...Object.fromEntries(metadata?.annotations ?? []),
    ...(metadata === undefined ? {} : descriptions(metadata)),
    [annotationKeys.builderVersion]: compatibleApiVersion,
    [ownAnnotationKeys.version]: packageJson.version,
    ...(clang === undefined ? {} : { [ownAnnotationKeys.clang]: clang }),
    ...(created === undefined ? {} : { [annotationKeys.created]: created }),
  };
  return Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Written even when empty, as other builders do. */
function descriptions(metadata: GadgetMetadata): Record<string, string> {
  return {
    [annotationKeys.title]: metadata.name,
    [annotationKeys.description]: metadata.description,
    'org.opencontainers.image.url': metadata.homepageUrl,
    'org.opencontainers.image.documentation': metadata.documentationUrl,
    'org.opencontainers.image.source': metadata.sourceUrl,
  };
}

/** The time that SOURCE_DATE_EPOCH (seconds; https://reproducible-builds.org/specs/source-date-epoch/) names, in RFC 3339; undefined without it. */
export function createdFrom(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const text = env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,11}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds))
    throw new GadgetError('USAGE', `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}, not a number of seconds since 1970`);
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
