import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { GadgetError } from '../../../base/errors.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { ImageReference } from '../../../oci/image-reference.ts';
import type { Repository } from '../../../oci/repository.ts';
import { type SignatureForm, signatureForms } from '../../../oci/signature/forms.ts';
import type { SigningKey } from '../../../oci/signature/private-key.ts';
import type { SignResult } from '../../../oci/signature/sign.ts';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import { LocalRepository } from '../../../oci/store/local-repository.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import type { CliContext } from '../../context.ts';
import { keyPassword } from '../../key-password.ts';
import { explainMissingImage } from '../../missing-image.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../../registry-flags.ts';
import { reportTo } from '../../report.ts';
import { noteUsedKey } from '../../used-keys.ts';
import { noSuchRemoteImage, referenceOf } from './store.ts';

export interface SignFlags extends Omit<RegistryFlags, 'key'> {
  readonly key: string;
  readonly form: SignatureForm;
  readonly remote?: boolean;
}

/** `gadget image sign` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('sign')
    .description('sign an image: in the local store when it is there (a push takes the signature along), else in the registry')
    .argument('<image>')
    .requiredOption(
      '--key <file>',
      'private key: of "gadget key generate", "cosign generate-key-pair", or plain PEM; the password is that of COSIGN_PASSWORD, or asked for',
    )
    .addOption(new Option('--form <form>', 'how the signature is stored').choices([...signatureForms]).default('legacy'))
    .option('--remote', 'sign in the registry even if the local store has the image');
  addRegistryFlags(command, { clientCertificate: false }).action((name: string, flags: SignFlags) => runImageSign(name, flags, context));
}

/** Prints `registry/repository@digest` of what is signed now. */
export async function runImageSign(name: string, flags: SignFlags, context: CliContext): Promise<void> {
  const reference = referenceOf(name, context);
  const keyPath = resolve(context.cwd, flags.key);
  const key = await readKey(keyPath, context);
  const sign = (repository: Repository, image: Digest) => signWith(repository, image, { key, form: flags.form, context });
  const store = openImageStore(defaultStorePath(context.env));
  const local = flags.remote === true ? undefined : await store.find(reference);
  const digest = local === undefined ? await signInRegistry(reference, flags, context, sign) : local.descriptor.digest;
  if (local !== undefined) {
    const repository = new LocalRepository(store, `${reference.registry}/${reference.repository}`);
    try {
      await sign(repository, digest);
      await repository.commit();
    } finally {
      await store.close();
    }
  }
  await noteUsedKey(keyPath, context.env);
  context.stdout.write(`${reference.registry}/${reference.repository}@${digest}\n`);
}

async function signInRegistry(
  reference: ImageReference,
  { key: _, ...flags }: SignFlags,
  context: CliContext,
  sign: (repository: Repository, image: Digest) => Promise<void>,
): Promise<Digest> {
  return await withRegistries(flags, context, async (client) => {
    const repository = client.repository(reference);
    const descriptor = await repository.resolve(reference).catch(async (error) => {
      if (flags.remote === true) throw error;
      throw await explainMissingImage(error, reference.toString(), openReadableStores(context.env), context);
    });
    if (descriptor === undefined) return noSuchRemoteImage(`${reference.registry}/${reference.repository}`, reference);
    await sign(repository, descriptor.digest);
    return descriptor.digest;
  });
}

async function signWith(
  repository: Repository,
  image: Digest,
  { key, form, context }: { readonly key: SigningKey; readonly form: SignatureForm; readonly context: CliContext },
): Promise<void> {
  const { signImage } = await import('../../../oci/signature/sign.ts');
  const report = reportTo(context);
  const result: SignResult = await signImage(repository, image, key, { form, report });
  if (result.wasSigned) report({ severity: 'info', message: 'this key has signed the image before' });
}

async function readKey(path: string, context: CliContext): Promise<SigningKey> {
  const { readPrivateKey } = await import('../../../oci/signature/private-key.ts');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new GadgetError('KEY_INVALID', `cannot read the key file ${path}: ${cause.code}`, { cause, context: { path } });
  });
  return await readPrivateKey(text, () => keyPassword(context));
}
