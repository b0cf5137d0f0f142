import { ImageError } from '../../base/errors.ts';
import { type Descriptor, describe } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { parseManifest } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import type { Repository } from '../repository.ts';
import { signatureTypes } from './forms.ts';

/** A date that says nothing, so that the same signatures make the same bytes. */
const noDate = '0001-01-01T00:00:00Z';
/** Two signers at once: registries have no compare-and-swap, so what the tag names is looked at before and after. */
const maxAttempts = 5;

/** Adds a signature to those that the tag names. Returns the digest of the new manifest. */
export async function addLegacyLayer(repository: Repository, tag: string, layer: Descriptor): Promise<Digest> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const before = await repository.resolve({ tag });
    const manifest = await pushManifest(repository, [...(await layersOf(repository, before)), layer]);
    if ((await repository.resolve({ tag }))?.digest !== before?.digest) continue;
    await repository.tag(manifest, tag);
    const after = await repository.resolve({ tag });
    // The local store gives its names only when everything is there.
    if (after?.digest === before?.digest) return manifest.digest;
    if ((await layersOf(repository, after)).some((other) => isSame(other, layer))) return manifest.digest;
  }
  throw new ImageError('IMAGE_INVALID', `${repository.name}:${tag} was overwritten by somebody else each time a signature was added`, {
    hint: 'sign again when the others are done',
  });
}

async function layersOf(repository: Repository, descriptor: Descriptor | undefined): Promise<readonly Descriptor[]> {
  return descriptor === undefined ? [] : parseManifest(await repository.fetch(descriptor), descriptor.digest).layers;
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  return one.digest === other.digest && JSON.stringify(one.annotations) === JSON.stringify(other.annotations);
}

async function pushManifest(repository: Repository, layers: readonly Descriptor[]): Promise<Descriptor> {
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: noDate,
      history: layers.map(() => ({ created: noDate })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  );
  const config = describe(signatureTypes.imageConfig, configBytes);
  await repository.push(config, configBytes);
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }));
  const manifest = describe(mediaTypes.manifest, bytes);
  await repository.push(manifest, bytes);
  return manifest;
}
