import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { safeText } from '../../base/safe-text.ts';
import { askLine, askSecret, readSecretFromStdin } from '../ask-secret.ts';
import type { CliContext } from '../context.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../registry-flags.ts';

export interface LoginFlags extends RegistryFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** `gadget login` */
export function register(program: Command, context: CliContext): void {
  const command = program
    .command('login')
    .description('keep credentials for a registry, where docker and podman keep theirs')
    .argument('<registry>', 'host[:port], or a part of it: host[:port]/organisation', registryPath)
    .option('-u, --username <name>', 'asked for when not given')
    .option('--password-stdin', 'read the password from standard input instead of the terminal');
  addRegistryFlags(command).action((registry: string, flags: LoginFlags) => runLogin(registry, flags, context));
}

/** `registry[/path]` in the form of auth files. */
export function registryPath(text: string): string {
  const path = text.replace(/^https?:\/\//, '').replace(/\/$/, '');
  if (/^[A-Za-z0-9.[\]:-]+(\/[a-z0-9._/-]+)?$/.test(path)) return path;
  throw new InvalidArgumentError('It is host[:port][/path].');
}

/** Asks the registry first: credentials that it does not take are not kept. */
export async function runLogin(registry: string, flags: LoginFlags, context: CliContext): Promise<void> {
  const username = flags.username ?? (await askLine('User name', context, 'give it with --username'));
  const password =
    flags.passwordStdin === true ? await readSecretFromStdin() : await askSecret('Password', context, 'give it with --password-stdin');
  if (password === '') throw new UsageError('USAGE', 'the password is empty');
  const credential = { username, password };
  await withRegistries(flags, context, async (client) => client.check(registry.split('/')[0]!), { credentials: async () => credential });
  const { storeLogin } = await import('../../oci/registry/auth/login.ts');
  const place = await storeLogin(registry, credential, {
    ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
    environment: context.env,
  });
  const where = place.helper === undefined ? place.path : `the credential helper ${place.helper}`;
  context.stdout.write(`logged in to ${safeText(registry)}; the credentials are kept in ${safeText(where)}\n`);
}
