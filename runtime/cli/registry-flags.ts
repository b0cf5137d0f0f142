import { type Command, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';
import type { RegistryOptions } from '../oci/registry/registry-options.ts';
import { allowedRegistries, type Registries } from './allowed-registries.ts';
import type { CliContext } from './context.ts';
import { type RegistrySettings, withEnvironment } from './registry-settings.ts';
import { reportTo } from './report.ts';

/** How registries are reached: flags that docker, oras and crane users know. */
export interface RegistryFlags {
  readonly authfile?: string;
  readonly caFile?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly plainHttp?: boolean;
  readonly insecureRegistries?: readonly string[];
}

/** The flags as options of commander; a command that has a `--key` of its own goes without those of a client certificate. */
export function registryOptions({ clientCertificate }: { readonly clientCertificate: boolean }): Option[] {
  const certificate = [
    new Option('--cert <file>', 'certificate to show to the registry (PEM)'),
    new Option('--key <file>', 'key of that certificate (PEM)'),
  ];
  return [
    new Option('--authfile <file>', 'read credentials from this file alone, instead of those of docker, podman and REGISTRY_AUTH_FILE'),
    new Option('--ca-file <file>', 'trust this certificate authority too (PEM; may be given several times)').argParser(collect),
    ...(clientCertificate ? certificate : []),
    new Option('--plain-http', 'talk to registries without TLS'),
    new Option('--insecure-registries <hosts>', 'registries that may go without TLS or show any certificate (host[:port],…)').argParser(
      list,
    ),
  ];
}

/** Adds the flags to a command that talks to registries. */
export function addRegistryFlags(command: Command, options = { clientCertificate: true }): Command {
  for (const option of registryOptions(options)) command.addOption(option.helpGroup('Registries:'));
  return command;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `a,b` given any number of times. */
export function list(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',').filter((item) => item !== '')];
}

/** A client for the work of one command, reached as the flags and the configuration say. Throws USAGE, CONFIG_INVALID, IMAGE_REFUSED. */
export async function withRegistries<T>(
  flags: RegistryFlags,
  context: CliContext,
  work: (client: Registries) => Promise<T>,
  options: Pick<RegistryOptions, 'credentials'> = {},
): Promise<T> {
  const [{ openRegistry }, { storedCredentials }] = await Promise.all([
    import('../oci/registry/registry-client.ts'),
    import('../oci/registry/auth/stored-credentials.ts'),
  ]);
  const report = reportTo(context);
  const environment = context.env;
  const registries = withEnvironment(context.registries, context.env);
  const client = openRegistry({
    credentials: storedCredentials({
      ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
      environment,
      onProblem: ({ message }) => report({ severity: 'warning', message }),
    }),
    caFiles: [...registries.caFiles, ...(flags.caFile ?? [])],
    ...clientCertificate(flags, registries),
    plainHttp: flags.plainHttp ?? false,
    insecureRegistries: [...(flags.insecureRegistries ?? []), ...registries.insecure],
    mirrors: Object.fromEntries(registries.mirrors),
    environment,
    onWarning: ({ registry, text }) => report({ severity: 'warning', message: `${safeText(registry)} says: ${text}` }),
    signal: context.signal,
    ...options,
  });
  try {
    return await work(allowedRegistries(client, registries.allowed));
  } finally {
    client.close();
  }
}

function clientCertificate(flags: RegistryFlags, settings: RegistrySettings) {
  const isFlag = flags.cert !== undefined || flags.key !== undefined;
  const { cert, key } = isFlag ? flags : settings;
  if (cert === undefined && key === undefined) return {};
  if (cert !== undefined && key !== undefined) return { clientCertificate: { certFile: cert, keyFile: key } };
  throw isFlag
    ? new UsageError('USAGE', '--cert and --key go together')
    : new UsageError('CONFIG_INVALID', 'registries.cert and registries.key of the configuration go together');
}
