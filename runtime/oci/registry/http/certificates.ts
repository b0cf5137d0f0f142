import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GadgetError } from '../../../base/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A certificate and its key, in PEM. */
export interface ClientCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What the folders for one registry hold. */
export interface RegistryCertificates {
  readonly authorities: readonly Buffer[];
  readonly client?: ClientCertificate;
}

/** Where distributions keep the certificates that a machine trusts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The certificate authorities that this machine trusts, in PEM, as other registry clients find them; undefined for Node's own list. */
export function systemAuthorities(environment: Environment): Buffer | undefined {
  const named = environment['SSL_CERT_FILE'];
  for (const path of named ? [named] : systemBundles) {
    try {
      return readFileSync(path);
    } catch {
      // The next place; without any, Node's own list is as good.
    }
  }
  return undefined;
}

/** A PEM file that the user named. Throws CONFIG_INVALID. */
export async function readPem(path: string, purpose: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new GadgetError('CONFIG_INVALID', `${purpose} cannot be read: ${(cause as Error).message}`, { cause, context: { path } });
  });
  if (bytes.includes('-----BEGIN ')) return bytes;
  throw new GadgetError('CONFIG_INVALID', `${path}: ${purpose} is no PEM file`, { context: { path } });
}

/** What `/etc/docker/certs.d/HOST[:PORT]` and the folders of containers-certs.d(5) hold for a registry: `*.crt`, and `*.cert` with `*.key`. */
export async function registryCertificates(registry: string, environment: Environment): Promise<RegistryCertificates> {
  const authorities: Buffer[] = [];
  let client: ClientCertificate | undefined;
  for (const base of certificateFolders(environment)) {
    const folder = join(base, registry);
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      if (name.endsWith('.crt')) authorities.push(await readPem(join(folder, name), 'a certificate authority'));
      if (name.endsWith('.cert')) client ??= await readPair(folder, name);
    }
  }
  return { authorities, ...(client === undefined ? {} : { client }) };
}

function certificateFolders(environment: Environment): readonly string[] {
  const home = environment['XDG_CONFIG_HOME'] || (environment['HOME'] ? join(environment['HOME'], '.config') : undefined);
  return [...(home === undefined ? [] : [join(home, 'containers/certs.d')]), '/etc/containers/certs.d', '/etc/docker/certs.d'];
}

async function readPair(folder: string, certName: string): Promise<ClientCertificate> {
  const keyName = certName.replace(/\.cert$/, '.key');
  return {
    cert: await readPem(join(folder, certName), 'a client certificate'),
    key: await readPem(join(folder, keyName), 'the key of a client certificate'),
  };
}
