import { readFile } from 'node:fs/promises';
import { GadgetError } from '../../../base/errors.ts';
import type { JsonObject } from '../../json-document.ts';
import { expectObject, parseJsonObject } from '../../json-document.ts';
import type { Credential } from './credentials.ts';

const maxFileBytes = 4 * 1024 * 1024;

/** Docker's config.json or the containers tools' auth.json (containers-auth.json(5)), as far as it is about credentials. */
export interface AuthFile {
  readonly path: string;
  readonly credentials: Readonly<Record<string, Credential>>;
  /** Key → name of the helper that holds its credentials. */
  readonly helpers: Readonly<Record<string, string>>;
  /** The helper for everything else. */
  readonly defaultHelper?: string;
  /** The whole document, to be written back. */
  readonly document: JsonObject;
}

/** An auth file; undefined when there is none. Throws CONFIG_INVALID, which never shows what the file holds. */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw fileError(path, `cannot be read: ${(cause as NodeJS.ErrnoException).code}`);
  }
  return parseAuthFile(bytes, path);
}

/** As `readAuthFile`, of bytes. */
export function parseAuthFile(bytes: Uint8Array, path: string): AuthFile {
  const document = bytes.length === 0 ? {} : tryParse(bytes, path);
  const credentials: Record<string, Credential> = {};
  for (const [key, value] of Object.entries(section(document, 'auths', path))) {
    const credential = credentialOf(section({ value }, 'value', path));
    if (credential !== undefined) credentials[key] = credential;
  }
  const helpers = Object.fromEntries(Object.entries(section(document, 'credHelpers', path)).filter(isTextEntry));
  const defaultHelper = document['credsStore'];
  return { path, credentials, helpers, document, ...(typeof defaultHelper === 'string' && defaultHelper !== '' ? { defaultHelper } : {}) };
}

function tryParse(bytes: Uint8Array, path: string): JsonObject {
  try {
    return parseJsonObject(bytes, path, maxFileBytes);
  } catch {
    // Without the cause: what JSON.parse says quotes the text, which holds passwords.
    throw fileError(path, 'is no JSON object');
  }
}

function section(document: JsonObject, name: string, path: string): JsonObject {
  const value = document[name];
  if (value === undefined || value === null) return {};
  try {
    return expectObject(value, name);
  } catch {
    throw fileError(path, `"${name}" is no JSON object`);
  }
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string' && entry[1] !== '';
}

/** Entries without any secret are Docker's marks that a helper has it. */
function credentialOf({ auth, username, password, identitytoken, registrytoken }: JsonObject): Credential | undefined {
  if (isText(identitytoken)) return { identityToken: identitytoken };
  if (isText(registrytoken)) return { registryToken: registrytoken };
  if (isText(username) && typeof password === 'string') return { username, password };
  if (!isText(auth)) return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon <= 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function fileError(path: string, problem: string): GadgetError {
  return new GadgetError('CONFIG_INVALID', `auth file ${path} ${problem}`, {
    context: { path },
    hint: 'mend or remove the file, or name another with --authfile',
  });
}
