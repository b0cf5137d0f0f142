import { type Command, InvalidArgumentError, Option } from 'commander';
import { ImageError } from '../base/errors.ts';
import { allowList, isRegistryAllowed } from '../oci/allow-list.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageReference } from '../oci/image-reference.ts';
import { defaultRegistryOf } from '../oci/own-gadgets.ts';
import type { ReadableRepository } from '../oci/repository.ts';
import type { Verified } from '../oci/signature/verify.ts';
import { ReadableLocalRepository } from '../oci/store/local-repository.ts';
import type { CliContext } from './context.ts';
import { list } from './registry-flags.ts';

/** Which images may be used, and who has to have signed them. */
export interface VerificationFlags {
  readonly verifyImage: boolean;
  readonly publicKeys?: readonly string[];
  readonly trustedRoot?: string;
  readonly allowedGadgets?: readonly string[];
  readonly allowedRegistries?: readonly string[];
}

/** The flags as options of commander. */
export function verificationOptions(): Option[] {
  return [
    new Option('--verify-image <bool>', 'whether an image has to be signed by somebody trusted, unless it was built here')
      .argParser(parseBoolean)
      .default(true),
    new Option(
      '--public-keys <keys>',
      'files or PEM of keys that are trusted besides those of "gadget trust" (several: with commas)',
    ).argParser(list),
    new Option('--trusted-root <file>', 'certificate authorities and logs of keyless signatures, instead of the ones shipped'),
    new Option(
      '--allowed-gadgets <patterns>',
      'use no other images: repository:tag, repository@digest or a start with "*" behind it',
    ).argParser(list),
    new Option('--allowed-registries <names>', 'use no other registries: registry[/first/parts]').argParser(list),
  ];
}

/** Adds the flags to a command that uses images of others; `always` without the one that says not to verify. */
export function addVerificationFlags(command: Command, { always = false } = {}): Command {
  const options = verificationOptions().filter((option) => !always || option.attributeName() !== 'verifyImage');
  for (const option of options) command.addOption(option.helpGroup('Trust:'));
  return command;
}

function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('It is true or false.');
}

/** Refuses an image that the lists do not have, before anything is asked of its registry. Throws IMAGE_REFUSED. */
export function requireAllowed(image: ImageReference, flags: VerificationFlags, context: CliContext): void {
  if (!isRegistryAllowed(flags.allowedRegistries, image)) throw refused(image, `the registry of ${image} is not one of the allowed ones`);
  if (!gadgetsOf(flags, context).mayAllow(image)) throw notAllowed(image);
}

/**
 * Refuses an image whose digest the lists do not have, or that nobody trusted has signed. Returns the signature that counts, or undefined when
 * none was asked for. Throws IMAGE_REFUSED, and what `requireTrusted` throws.
 */
export async function requireVerified(
  repository: ReadableRepository,
  image: ImageReference,
  descriptor: Descriptor,
  flags: VerificationFlags,
  context: CliContext,
): Promise<Verified | undefined> {
  if (!gadgetsOf(flags, context).allows(image, descriptor.digest)) throw notAllowed(image);
  if (!flags.verifyImage) return undefined;
  const [{ requireTrusted }, { readTrustPolicy, trustFilePaths }, { installedTrustedRoot }] = await Promise.all([
    import('../oci/signature/require-trusted.ts'),
    import('../oci/signature/trust-location.ts'),
    import('../oci/signature/update-trusted-root.ts'),
  ]);
  const trustFiles = trustFilePaths(context.env);
  const trustedRoot = flags.trustedRoot ?? (await installedTrustedRoot(trustFiles));
  return await requireTrusted(repository, image, descriptor.digest, {
    policy: await readTrustPolicy(trustFiles, context.trust),
    publicKeys: await readPublicKeys(flags.publicKeys ?? []),
    isLocal: repository instanceof ReadableLocalRepository,
    keysAtHand: async () => (await import('./keys-at-hand.ts')).keysAtHand(context),
    ...(trustedRoot === undefined ? {} : { trustedRoot }),
  });
}

async function readPublicKeys(values: readonly string[]) {
  const [{ readFile }, { parsePublicKeys }] = await Promise.all([import('node:fs/promises'), import('../oci/signature/public-key.ts')]);
  const keys = [];
  for (const value of values) {
    const isPem = value.trimStart().startsWith('-----BEGIN ');
    const text = isPem ? value : await readFile(value, 'utf8').catch((cause: NodeJS.ErrnoException) => noKeyFile(value, cause));
    keys.push(...parsePublicKeys(text, isPem ? 'a key of --public-keys' : value));
  }
  return keys;
}

function noKeyFile(path: string, cause: NodeJS.ErrnoException): never {
  throw new ImageError('KEY_INVALID', `cannot read the key file ${path}: ${cause.code}`, { cause, context: { path } });
}

function gadgetsOf(flags: VerificationFlags, context: CliContext) {
  return allowList(flags.allowedGadgets, defaultRegistryOf(context.env));
}

function notAllowed(image: ImageReference): ImageError {
  return refused(image, `${image} is not one of the allowed gadgets`);
}

function refused(image: ImageReference, message: string): ImageError {
  return new ImageError('IMAGE_REFUSED', message, {
    context: { image: image.toString() },
    hint: '--allowed-gadgets and --allowed-registries, or the configuration, say what is allowed',
  });
}
