import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '../../runtime/oci/signature/tuf/canonical-json.ts';
import type { Role } from '../../runtime/oci/signature/tuf/metadata.ts';
import type { RepositoryFile } from '../../runtime/oci/signature/tuf/update.ts';

export interface TufKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly json: object;
}

export function newTufKey(kind: 'ec' | 'ed25519' = 'ec'): TufKey {
  const { publicKey, privateKey } = kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const text =
    kind === 'ec'
      ? publicKey.export({ type: 'spki', format: 'pem' }).toString()
      : Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('hex');
  const json = { keytype: kind === 'ec' ? 'ecdsa' : 'ed25519', scheme: 'x', keyval: { public: text } };
  return { id: hash('sha256', text, 'hex'), privateKey, json };
}

/** A repository of TUF in memory, whose files a test can replace. */
export class FakeTufRepository {
  readonly files = new Map<string, Uint8Array>();
  rootKeys: readonly TufKey[] = [newTufKey(), newTufKey(), newTufKey()];
  readonly onlineKey = newTufKey('ed25519');
  expires = '2030-01-01T00:00:00Z';
  rootVersion = 0;
  version = 0;

  /** Gives a file, as a server does. */
  readonly file: RepositoryFile = async (path) => this.files.get(path);

  /** Publishes a new root, signed by its own keys and those given. */
  publishRoot(also: readonly TufKey[] = []): Uint8Array {
    this.rootVersion++;
    const all = [...this.rootKeys, this.onlineKey];
    const online = { keyids: [this.onlineKey.id], threshold: 1 };
    const signed = {
      keys: Object.fromEntries(all.map(({ id, json }) => [id, json])),
      roles: { root: { keyids: this.rootKeys.map(({ id }) => id), threshold: 2 }, timestamp: online, snapshot: online, targets: online },
      consistent_snapshot: true,
    };
    return this.put(`${this.rootVersion}.root.json`, 'root', { version: this.rootVersion, signed, keys: [...this.rootKeys, ...also] });
  }

  /** Publishes a target and all metadata that leads to it. */
  publish(name: string, target: Uint8Array): void {
    const version = ++this.version;
    const sha256 = hash('sha256', target, 'hex');
    this.files.set(`targets/${sha256}.${name}`, target);
    const listed = { length: target.length, hashes: { sha256 } };
    const keys = [this.onlineKey];
    const targets = this.put(`${version}.targets.json`, 'targets', { version, signed: { targets: { [name]: listed } }, keys });
    const meta = { 'targets.json': { version, length: targets.length, hashes: { sha256: hash('sha256', targets, 'hex') } } };
    this.put(`${version}.snapshot.json`, 'snapshot', { version, signed: { meta }, keys });
    this.put('timestamp.json', 'timestamp', { version, signed: { meta: { 'snapshot.json': { version } } }, keys });
  }

  put(path: string, role: Role, { version, signed, keys }: { version: number; signed: object; keys: readonly TufKey[] }): Uint8Array {
    const all = { _type: role, spec_version: '1.0', version, expires: this.expires, ...signed };
    const bytes = Buffer.from(canonicalJson(all));
    const signatures = keys.map(({ id, privateKey }) => ({
      keyid: id,
      sig: sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey).toString('hex'),
    }));
    const file = Buffer.from(JSON.stringify({ signed: all, signatures }));
    this.files.set(path, file);
    return file;
  }
}
