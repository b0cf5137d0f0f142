import { spawn } from 'node:child_process';
import { GadgetError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';
import type { Credential } from './credentials.ts';

/** Helpers may ask their user to unlock something. */
const timeoutMs = 60_000;
const maxOutputBytes = 256 * 1024;
/** What helpers say when they have nothing: https://github.com/docker/docker-credential-helpers */
const nothingThere = /credentials not found|no credentials (?:server URL|username)|not found in/i;
/** The user name that marks an identity token. */
const tokenUser = '<token>';

export interface HelperOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

type Action = 'get' | 'store' | 'erase';

/** The credentials that `docker-credential-NAME` has for a registry. Throws CONFIG_INVALID when it cannot be run or fails. */
export async function helperGet(name: string, registry: string, options: HelperOptions = {}): Promise<Credential | undefined> {
  const { status, output } = await runHelper(name, 'get', registry, options);
  if (status !== 0) {
    if (nothingThere.test(output)) return undefined;
    throw helperError(name, `failed: ${safeText(output.trim()).slice(0, 200)}`);
  }
  return parseHelperAnswer(name, output);
}

/** Hands credentials to the helper to keep. */
export async function helperStore(name: string, registry: string, credential: Credential, options: HelperOptions = {}): Promise<void> {
  const { username, secret } = toHelper(credential);
  const { status } = await runHelper(name, 'store', JSON.stringify({ ServerURL: registry, Username: username, Secret: secret }), options);
  // Its words could repeat the secret.
  if (status !== 0) throw helperError(name, `did not keep the credentials (status ${status})`);
}

/** Lets the helper forget a registry; one that it does not know is no error. */
export async function helperErase(name: string, registry: string, options: HelperOptions = {}): Promise<void> {
  const { status, output } = await runHelper(name, 'erase', registry, options);
  if (status !== 0 && !nothingThere.test(output)) throw helperError(name, `did not forget the credentials (status ${status})`);
}

function toHelper(credential: Credential): { readonly username: string; readonly secret: string } {
  if ('identityToken' in credential) return { username: tokenUser, secret: credential.identityToken };
  if ('registryToken' in credential) return { username: tokenUser, secret: credential.registryToken };
  return { username: credential.username, secret: credential.password };
}

/** What a helper prints for `get`. */
export function parseHelperAnswer(name: string, output: string): Credential | undefined {
  let answer: { readonly Username?: unknown; readonly Secret?: unknown } | null;
  try {
    answer = JSON.parse(output);
  } catch {
    throw helperError(name, 'answered something that is no JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string') throw helperError(name, 'answered without user name or secret');
  if (secret === '') return undefined;
  return username === tokenUser ? { identityToken: secret } : { username, password: secret };
}

/** Secrets go through pipes: arguments can be read by everybody. */
function runHelper(
  name: string,
  action: Action,
  input: string,
  { environment }: HelperOptions,
): Promise<{ status: number | null; output: string }> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(name)) throw helperError(name, 'is no name of a helper');
  const env = { ...process.env, ...environment };
  const child = spawn(`docker-credential-${name}`, [action], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const pieces: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length > maxOutputBytes) child.kill('SIGKILL');
    else pieces.push(piece);
  });
  // A helper that does not read its input is no fault of ours; its status tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(helperError(name, `cannot be run: ${cause.code ?? 'unknown error'}`)));
    child.once('close', (status) => resolve({ status, output: Buffer.concat(pieces).toString('utf8') }));
  });
}

function helperError(name: string, problem: string): GadgetError {
  return new GadgetError('CONFIG_INVALID', `credential helper docker-credential-${safeText(name).slice(0, 100)} ${problem}`, {
    hint: 'install the helper, or take it out of the auth file and log in again',
  });
}
