import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export interface AuthFileOptions {
  /** `--authfile`: this one and no other. */
  readonly authFile?: string;
  readonly environment?: Environment;
}

/** The auth files that count, in the order they are looked through: the one that is named, or those of the containers tools and of Docker. */
export function authFilesToRead({ authFile, environment = process.env }: AuthFileOptions): readonly string[] {
  const named = authFile ?? environment['REGISTRY_AUTH_FILE'];
  if (named) return [named];
  const runtime = environment['XDG_RUNTIME_DIR'] || `/run/containers/${process.getuid?.() ?? 0}`;
  const inRuntime = environment['XDG_RUNTIME_DIR'] ? join(runtime, 'containers/auth.json') : join(runtime, 'auth.json');
  const config = configHome(environment);
  return [inRuntime, ...(config === undefined ? [] : [join(config, 'containers/auth.json')]), ...dockerConfig(environment)];
}

/** The file that a login is written to: the one that is named, else Docker's, where other registry clients look as well. */
export function authFileToWrite({ authFile, environment = process.env }: AuthFileOptions): string | undefined {
  return authFile ?? (environment['REGISTRY_AUTH_FILE'] || dockerConfig(environment)[0]);
}

function dockerConfig(environment: Environment): readonly string[] {
  const folder = environment['DOCKER_CONFIG'] || (environment['HOME'] ? join(environment['HOME'], '.docker') : undefined);
  return folder === undefined ? [] : [join(folder, 'config.json')];
}

function configHome(environment: Environment): string | undefined {
  return environment['XDG_CONFIG_HOME'] || (environment['HOME'] ? join(environment['HOME'], '.config') : undefined);
}
