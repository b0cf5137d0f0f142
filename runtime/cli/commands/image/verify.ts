import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import { formNames } from '../../../oci/signature/forms.ts';
import type { Verified } from '../../../oci/signature/verify.ts';
import type { CliContext } from '../../context.ts';
import { type FindFlags, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { addVerificationFlags, requireAllowed, requireVerified, type VerificationFlags } from '../../verification-flags.ts';
import { referenceOf } from './store.ts';

const formats = ['text', ...documentFormats] as const;

export interface VerifyFlags extends FindFlags, Omit<VerificationFlags, 'verifyImage'> {
  readonly output: string;
}

/** `gadget image verify` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('verify')
    .description('say who signed an image, and whether it is somebody trusted: in the local store, else in the registry')
    .argument('<image>')
    .option('--remote', 'in the registry even if the local store has the image')
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(addVerificationFlags(command, { always: true })).action((name: string, flags: VerifyFlags) =>
    runImageVerify(name, flags, context),
  );
}

/** Fails unless a signature counts, of an image that was built here as well. */
export async function runImageVerify(name: string, flags: VerifyFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const verifying = { ...flags, verifyImage: true };
  requireAllowed(referenceOf(name, context), verifying, context);
  await withImage(name, flags, context, async ({ reference, repository, descriptor }) => {
    const verified = await requireVerified(repository, reference, descriptor, verifying, context);
    const full = `${repository.name}@${descriptor.digest}`;
    const { form, manifest, signer } = verified!;
    const document = { reference: full, form, manifest, signer: { ...signer } };
    context.stdout.write(format === 'text' ? `${full}\n${describe(verified!)}\n` : renderDocument(document, format));
  });
}

function describe({ signer, form }: Verified): string {
  const who = signer.kind === 'key' ? `the key ${signer.fingerprint}` : `${safeText(signer.identity)} (issuer ${safeText(signer.issuer)})`;
  return `signed by ${who}: a ${formNames[form]}`;
}
