import { createHash } from 'node:crypto';
import { expectObject, expectString, invalid, type JsonObject } from '../../json-document.ts';
import { type Metadata, maxMetadataBytes, parseMetadata, type Role, requireSigned, roleOf } from './metadata.ts';

/** Gives a file of the repository, at most so many bytes; undefined when there is none of that name. */
export type RepositoryFile = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

/** What a client has to remember so that nobody can show it something older. */
export interface UpdateState {
  /** Bytes of the last root metadata. */
  readonly root: Uint8Array;
  readonly versions: Readonly<Partial<Record<Exclude<Role, 'root'>, number>>>;
}

export interface UpdateResult {
  readonly state: UpdateState;
  readonly target: Uint8Array;
}

/** The most versions of the root that are gone through at once. */
const maxRootVersions = 256;

/**
 * Fetches a target of a TUF repository: root, timestamp, snapshot, targets and the file itself, each verified by the one before it:
 * https://theupdateframework.github.io/specification/v1.0.33/#detailed-client-workflow. Throws IMAGE_INVALID for whatever does not verify.
 */
export async function fetchTarget(name: string, state: UpdateState, file: RepositoryFile, now = new Date()): Promise<UpdateResult> {
  const root = await updateRoot(state.root, file);
  requireFresh(root.metadata, 'root', now);
  const seen = versionsAfter(state, root.metadata);
  const timestamp = await readRole('timestamp.json', { role: 'timestamp', root: root.metadata, now }, file);
  requireNotOlder(timestamp, 'timestamp', seen.timestamp);
  const snapshot = await readListed('snapshot', timestamp, { root: root.metadata, now }, file);
  requireNotOlder(snapshot, 'snapshot', seen.snapshot);
  const targets = await readListed('targets', snapshot, { root: root.metadata, now }, file);
  requireNotOlder(targets, 'targets', seen.targets);
  const target = await readTarget(name, targets, file);
  const versions = { timestamp: timestamp.version, snapshot: snapshot.version, targets: targets.version };
  return { state: { root: root.bytes, versions }, target };
}

/** Every new root is signed by the keys of the one before and by its own. */
async function updateRoot(bytes: Uint8Array, file: RepositoryFile): Promise<{ bytes: Uint8Array; metadata: Metadata }> {
  let current = { bytes, metadata: parseMetadata(bytes, 'root') };
  for (let count = 0; count < maxRootVersions; count++) {
    const version = current.metadata.version + 1;
    const next = await file(`${version}.root.json`, maxMetadataBytes);
    if (next === undefined) return current;
    const metadata = parseMetadata(next, 'root');
    requireSigned(metadata, 'root', current.metadata);
    requireSigned(metadata, 'root', metadata);
    if (metadata.version !== version) throw invalid('root', `is version ${metadata.version} instead of ${version}`);
    current = { bytes: next, metadata };
  }
  throw invalid('root', `has more than ${maxRootVersions} new versions`);
}

/** What was seen before, but of roles whose keys were replaced: whoever had the old ones could have made any version. */
function versionsAfter(state: UpdateState, root: Metadata): UpdateState['versions'] {
  const before = parseMetadata(state.root, 'root');
  const isKept = (role: Role): boolean => JSON.stringify(roleOf(before, role).keyIds) === JSON.stringify(roleOf(root, role).keyIds);
  return isKept('timestamp') && isKept('snapshot') ? state.versions : {};
}

interface Place {
  readonly root: Metadata;
  readonly now: Date;
}

async function readRole(path: string, { role, root, now }: Place & { readonly role: Role }, file: RepositoryFile): Promise<Metadata> {
  const metadata = parseMetadata(await required(path, maxMetadataBytes, file), role);
  requireSigned(metadata, role, root);
  requireFresh(metadata, role, now);
  return metadata;
}

/** The metadata that another file names by version, and perhaps by length and hashes. */
async function readListed(role: 'snapshot' | 'targets', by: Metadata, { root, now }: Place, file: RepositoryFile): Promise<Metadata> {
  const listed = expectObject(expectObject(by.signed['meta'], 'meta')[`${role}.json`], `meta of ${role}`);
  if (!Number.isSafeInteger(listed['version'])) throw invalid(role, 'is named without a version');
  const bytes = await required(`${listed['version']}.${role}.json`, maxMetadataBytes, file);
  requireContent(bytes, listed, role);
  const metadata = parseMetadata(bytes, role);
  requireSigned(metadata, role, root);
  if (metadata.version !== listed['version']) throw invalid(role, `is version ${metadata.version} instead of ${listed['version']}`);
  requireFresh(metadata, role, now);
  return metadata;
}

async function readTarget(name: string, targets: Metadata, file: RepositoryFile): Promise<Uint8Array> {
  const all = expectObject(targets.signed['targets'], 'targets');
  if (!Object.hasOwn(all, name)) throw invalid('targets', `has no ${name}`);
  const listed = expectObject(all[name], name);
  const hashes = expectObject(listed['hashes'], `${name}: hashes`);
  const first = expectString(hashes['sha256'] ?? hashes['sha512'], `${name}: hash`);
  if (!/^[0-9a-f]{64,128}$/.test(first)) throw invalid(name, 'has no hash');
  const bytes = await required(`targets/${first}.${name}`, maxMetadataBytes, file);
  requireContent(bytes, listed, name);
  return bytes;
}

async function required(path: string, maxBytes: number, file: RepositoryFile): Promise<Uint8Array> {
  const bytes = await file(path, maxBytes);
  if (bytes === undefined) throw invalid(path, 'is not in the repository');
  return bytes;
}

function requireContent(bytes: Uint8Array, { length, hashes }: JsonObject, subject: string): void {
  if (length !== undefined && length !== bytes.length) throw invalid(subject, `has ${bytes.length} bytes instead of ${String(length)}`);
  for (const [algorithm, expected] of Object.entries(hashes === undefined ? {} : expectObject(hashes, `${subject}: hashes`))) {
    if (algorithm !== 'sha256' && algorithm !== 'sha512') continue;
    if (createHash(algorithm).update(bytes).digest('hex') !== expected) throw invalid(subject, `has another ${algorithm} than it should`);
  }
}

function requireFresh({ expires, version }: Metadata, role: Role, now: Date): void {
  if (expires <= now) throw invalid(role, `version ${version} has expired on ${expires.toISOString().slice(0, 10)}`);
}

function requireNotOlder({ version }: Metadata, role: Role, seen = 0): void {
  if (version < seen) throw invalid(role, `is version ${version}, older than version ${seen}, which was seen before`);
}
