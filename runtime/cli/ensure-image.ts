import { type ErrorCode, GadgetError, ImageError } from '../base/errors.ts';
import type { LocalImages, TaggedImage } from '../oci/content-store.ts';
import type { ImageReference } from '../oci/image-reference.ts';
import { hasContentFor } from '../oci/sparse.ts';
import { openReadableStores } from '../oci/store/layered-store.ts';
import { ReadableLocalRepository } from '../oci/store/local-repository.ts';
import { type PullFlags, pull } from './commands/pull.ts';
import type { CliContext } from './context.ts';
import { fetchSignatures } from './fetch-signatures.ts';
import { hostArchitecture } from './host-architecture.ts';
import { withRegistries } from './registry-flags.ts';
import { requireAllowed, requireVerified } from './verification-flags.ts';

/** When a run asks the registry for its image. */
export type PullPolicy = 'missing' | 'always' | 'never';

export const pullPolicies: readonly PullPolicy[] = ['missing', 'always', 'never'];

const refusedSigners: ReadonlySet<ErrorCode> = new Set(['TRUST_MISSING', 'SIGNATURE_UNTRUSTED']);

export interface EnsureFlags extends PullFlags {
  readonly pull: PullPolicy;
}

/** An image in the local stores that may be run. */
export interface UsableImage {
  readonly store: LocalImages;
  readonly image: TaggedImage;
}

/**
 * The image of that name, pulled if the policy says so, and verified again from the local store unless it was built here. With `never` no
 * socket is opened; otherwise signatures that the store lacks are asked for once. Throws IMAGE_NOT_FOUND, IMAGE_REFUSED, and what pulling and verifying throw.
 */
export async function ensureImage(reference: ImageReference, flags: EnsureFlags, context: CliContext): Promise<UsableImage> {
  requireAllowed(reference, flags, context);
  const store = openReadableStores(context.env);
  const local = await store.find(reference);
  const isComplete = local === undefined || (await hasContentFor(store, local, hostArchitecture()));
  if (!isComplete && flags.pull === 'never') throw notForThisMachine(reference);
  const mustFetch = !isComplete || (await mustPull(reference, local, flags, context));
  const image = mustFetch ? await pulled(reference, isComplete ? flags : forThisMachine(flags), context, store) : local;
  if (image === undefined) throw notInStore(reference);
  const verifying = { ...flags, verifyImage: flags.verifyImage && !image.builtHere };
  const repository = new ReadableLocalRepository(store, `${reference.registry}/${reference.repository}`);
  const verify = () => requireVerified(repository, reference, image.descriptor, verifying, context);
  await verify().catch(async (error) => {
    if (mustFetch || !mayBeSignedSince(error, flags.pull)) throw error;
    await fetchSignatures(reference, image.descriptor, verifying, context).catch((failure) => {
      throw isOfRegistry(failure) ? error : failure;
    });
    await verify();
  });
  return { store, image };
}

async function mustPull(
  reference: ImageReference,
  local: TaggedImage | undefined,
  flags: EnsureFlags,
  context: CliContext,
): Promise<boolean> {
  if (flags.pull === 'never') return false;
  if (local === undefined) return true;
  if (flags.pull === 'missing') return false;
  const there = await withRegistries(flags, context, (client) => client.repository(reference).resolve(reference));
  return there?.digest !== local.descriptor.digest;
}

/** The registry cannot be asked, or does not answer: what was found before it was asked says more. */
function isOfRegistry(error: unknown): boolean {
  return error instanceof GadgetError && error.code.startsWith('REGISTRY_');
}

/** What is there may have got signatures in its registry that were not there when it was pulled. */
function mayBeSignedSince(error: unknown, policy: PullPolicy): boolean {
  if (!(error instanceof GadgetError) || policy === 'never') return false;
  return error.code === 'SIGNATURE_MISSING' || (policy === 'always' && refusedSigners.has(error.code));
}

async function pulled(reference: ImageReference, flags: EnsureFlags, context: CliContext, store: LocalImages) {
  await pull(reference, flags, context);
  return await store.find(reference);
}

/** Of an image that was pulled for one platform only what this machine needs is added. */
function forThisMachine(flags: EnsureFlags): EnsureFlags {
  return { ...flags, platform: `linux/${hostArchitecture()}` };
}

function notForThisMachine(reference: ImageReference): ImageError {
  const platform = `linux/${hostArchitecture()}`;
  return new ImageError('IMAGE_SPARSE', `${reference} was pulled for another platform than ${platform}, which this machine is`, {
    context: { image: reference.toString(), platform },
    hint: `fetch it for this one too: gadget pull --platform ${platform} ${reference}`,
  });
}

function notInStore(reference: ImageReference): ImageError {
  return new ImageError('IMAGE_NOT_FOUND', `there is no image ${reference} in the local store`, {
    context: { image: reference.toString() },
    hint: 'with --pull missing it is fetched from its registry',
  });
}
