import type { AuthFile } from './auth-file.ts';
import { readAuthFile } from './auth-file.ts';
import type { AuthFileOptions } from './auth-file-places.ts';
import { authFilesToRead } from './auth-file-places.ts';
import { helperGet } from './credential-helper.ts';
import type { Credential, CredentialProvider, CredentialTarget } from './credentials.ts';
import { helperKey, mostExact } from './registry-key.ts';

export interface StoredCredentialsOptions extends AuthFileOptions {
  /** Told of a file or a helper that cannot be used; the search goes on without it. An auth file that was named must be good. */
  readonly onProblem?: (error: Error) => void;
}

/**
 * Credentials from the auth files and helpers that other registry clients use: the first file that has any for the registry counts; in
 * a file its helper for the registry, then its entry with the longest fitting path, then its helper for everything.
 */
export function storedCredentials(options: StoredCredentialsOptions = {}): CredentialProvider {
  const files = new Map<string, Promise<AuthFile | undefined>>();
  const isNamed = options.authFile !== undefined;
  const read = (path: string): Promise<AuthFile | undefined> => {
    const file = files.get(path) ?? readAuthFile(path);
    files.set(path, file);
    return file;
  };
  return async (target) => {
    for (const path of authFilesToRead(options)) {
      try {
        const file = await read(path);
        const credential = file === undefined ? undefined : await credentialIn(file, target, options);
        if (credential !== undefined) return credential;
      } catch (error) {
        if (isNamed || !(error instanceof Error)) throw error;
        options.onProblem?.(error);
      }
    }
    return undefined;
  };
}

async function credentialIn(
  file: AuthFile,
  { registry, repository }: CredentialTarget,
  { environment }: AuthFileOptions,
): Promise<Credential | undefined> {
  const ask = (helper: string) => helperGet(helper, helperKey(registry), environment === undefined ? {} : { environment });
  const helper = mostExact(file.helpers, registry, repository);
  if (helper !== undefined) return ask(helper);
  const entry = mostExact(file.credentials, registry, repository);
  if (entry !== undefined) return entry;
  return file.defaultHelper === undefined ? undefined : ask(file.defaultHelper);
}
