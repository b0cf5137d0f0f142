import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GadgetError, UsageError } from '../../../base/errors.ts';
import { replaceWholeFile } from '../../../base/whole-file.ts';
import type { AuthFile } from './auth-file.ts';
import { parseAuthFile, readAuthFile } from './auth-file.ts';
import type { AuthFileOptions } from './auth-file-places.ts';
import { authFilesToRead, authFileToWrite } from './auth-file-places.ts';
import { helperErase, helperStore } from './credential-helper.ts';
import type { Credential } from './credentials.ts';
import { dockerHubKey, helperKey, mostExact, normalizeKey } from './registry-key.ts';

/** Where a login was kept. */
export interface LoginPlace {
  readonly path: string;
  /** The credential helper that keeps it, when one does. */
  readonly helper?: string;
}

/**
 * Keeps credentials for `registry[/path]`: with the helper that the auth file names, else in the auth file itself, readable by its owner
 * only. What else the file says stays as it is.
 */
export async function storeLogin(key: string, credential: Credential, options: AuthFileOptions = {}): Promise<LoginPlace> {
  const path = authFileToWrite(options);
  if (path === undefined)
    throw new UsageError('USAGE', 'there is no place for an auth file', { hint: 'set HOME, or name a file with --authfile' });
  const file = (await readAuthFile(path)) ?? parseAuthFile(new Uint8Array(), path);
  const registry = normalizeKey(key).split('/')[0]!;
  const helper = mostExact(file.helpers, registry, undefined) ?? file.defaultHelper;
  if (helper !== undefined) {
    await helperStore(helper, helperKey(registry), credential, options);
    return { path, helper };
  }
  await writeAuths(file, (auths) => ({ ...withoutKey(auths, key), [writtenKey(key)]: entryOf(credential) }));
  return { path };
}

/** Forgets the credentials for `registry[/path]` in every auth file that counts and their helpers. The places that had them. */
export async function eraseLogin(key: string, options: AuthFileOptions = {}): Promise<readonly LoginPlace[]> {
  const places: LoginPlace[] = [];
  for (const path of authFilesToRead(options)) {
    const file = await readAuthFile(path);
    if (file !== undefined) places.push(...(await eraseIn(file, key, options)));
  }
  return places;
}

async function eraseIn(file: AuthFile, key: string, options: AuthFileOptions): Promise<readonly LoginPlace[]> {
  const { path } = file;
  const registry = normalizeKey(key).split('/')[0]!;
  const helper = mostExact(file.helpers, registry, undefined) ?? file.defaultHelper;
  if (helper !== undefined) await helperErase(helper, helperKey(registry), options);
  const auths = file.document['auths'] as Readonly<Record<string, unknown>> | undefined;
  const kept = withoutKey(auths ?? {}, key);
  const hadEntry = Object.keys(kept).length !== Object.keys(auths ?? {}).length;
  if (hadEntry) await writeAuths(file, () => kept);
  if (helper !== undefined) return [{ path, helper }];
  return hadEntry ? [{ path }] : [];
}

/** The spelling that Docker and the containers tools agree on. */
function writtenKey(key: string): string {
  const normal = normalizeKey(key);
  return normal === 'docker.io' ? dockerHubKey : normal;
}

function withoutKey(auths: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const normal = normalizeKey(key);
  return Object.fromEntries(Object.entries(auths).filter(([known]) => normalizeKey(known) !== normal));
}

function entryOf(credential: Credential): Readonly<Record<string, string>> {
  if ('identityToken' in credential) return { identitytoken: credential.identityToken };
  if ('registryToken' in credential) return { registrytoken: credential.registryToken };
  return { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') };
}

async function writeAuths(
  { path, document }: AuthFile,
  change: (auths: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const auths = change((document['auths'] ?? {}) as Readonly<Record<string, unknown>>);
  await replaceSecretFile(path, `${JSON.stringify({ ...document, auths }, undefined, '\t')}\n`);
}

/** All of the new file or all of the old one, whoever reads it when; a link keeps pointing to it. */
async function replaceSecretFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await replaceWholeFile(target, (file) => file.writeFile(text), { mode: 0o600 });
  } catch (cause) {
    throw new GadgetError('CONFIG_INVALID', `auth file ${path} cannot be written: ${(cause as NodeJS.ErrnoException).code}`, {
      context: { path },
    });
  }
}
