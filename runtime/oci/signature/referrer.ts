import { type Descriptor, describe } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { mediaTypes } from '../media-types.ts';
import type { Repository } from '../repository.ts';

/** A manifest that says something about another, its subject. */
export interface Referrer {
  readonly artifactType: string;
  readonly configType: string;
  readonly layers: readonly Descriptor[];
  readonly subject: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Pushes the manifest and its empty config; its layers have to be there. Returns its digest. */
export async function pushReferrer(
  repository: Repository,
  { artifactType, configType, layers, subject, annotations }: Referrer,
): Promise<Digest> {
  const empty = Buffer.from('{}');
  const config = describe(configType, empty);
  await repository.push(config, empty);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      // Where the config's type says what it is, cosign writes no artifactType.
      ...(configType === artifactType ? {} : { artifactType }),
      config,
      layers,
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      ...(annotations === undefined ? {} : { annotations }),
    }),
  );
  const descriptor = describe(mediaTypes.manifest, manifest, { artifactType, ...(annotations === undefined ? {} : { annotations }) });
  await repository.push(descriptor, manifest);
  return descriptor.digest;
}
