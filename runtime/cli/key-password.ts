import { UsageError } from '../base/errors.ts';
import { askSecret } from './ask-secret.ts';
import type { CliContext } from './context.ts';

const hint = 'set COSIGN_PASSWORD';

/** The password of a key that is there: COSIGN_PASSWORD, which may be empty, or asked for. */
export async function keyPassword(context: CliContext): Promise<string> {
  return context.env['COSIGN_PASSWORD'] ?? (await askSecret('Password of the key', context, hint));
}

/** The password for a new key, asked for twice. Throws USAGE when they differ. */
export async function newPassword(context: CliContext): Promise<string> {
  const given = context.env['COSIGN_PASSWORD'];
  if (given !== undefined) return given;
  const password = await askSecret('Password for the new key (may be empty)', context, hint);
  if ((await askSecret('The same again', context, hint)) === password) return password;
  throw new UsageError('USAGE', 'the two passwords differ');
}
