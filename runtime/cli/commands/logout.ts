import type { Command } from 'commander';
import { safeText } from '../../base/safe-text.ts';
import type { CliContext } from '../context.ts';
import { registryPath } from './login.ts';

/** `gadget logout` */
export function register(program: Command, context: CliContext): void {
  program
    .command('logout')
    .description('forget the credentials for a registry')
    .argument('<registry>', 'host[:port], or a part of it: host[:port]/organisation', registryPath)
    .option('--authfile <file>', 'in this file alone')
    .action((registry: string, flags: { authfile?: string }) => runLogout(registry, flags, context));
}

export async function runLogout(registry: string, { authfile }: { readonly authfile?: string }, context: CliContext): Promise<void> {
  const { eraseLogin } = await import('../../oci/registry/auth/login.ts');
  const places = await eraseLogin(registry, { ...(authfile === undefined ? {} : { authFile: authfile }), environment: context.env });
  const text =
    places.length === 0
      ? `there were no credentials for ${safeText(registry)}\n`
      : places
          .map(
            ({ path, helper }) => `credentials removed from ${safeText(helper === undefined ? path : `the credential helper ${helper}`)}\n`,
          )
          .join('');
  context.stdout.write(text);
}
