import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GadgetError } from '../../base/errors.ts';
import { replaceWholeFile } from '../../base/whole-file.ts';
import { expectObject, parseJsonObject } from '../json-document.ts';
import { trustInvalid } from './trust-entries.ts';
import { trustFilePaths } from './trust-location.ts';
import { parseTrustedRoot } from './trusted-root.ts';
import { maxMetadataBytes } from './tuf/metadata.ts';
import { fetchTarget, type RepositoryFile, type UpdateState } from './tuf/update.ts';

/** Where the public Sigstore keeps its trusted root. */
export const publicRootRepository = 'https://tuf-repo-cdn.sigstore.dev/';

const target = 'trusted_root.json';

/** What `updateTrustedRoot` wrote. */
export interface UpdatedRoot {
  readonly path: string;
  /** False when it was up to date. */
  readonly isNew: boolean;
}

/** The trusted root that was fetched for this user, or for the machine; undefined when there is none, and the shipped one counts. */
export async function installedTrustedRoot(trustFiles: readonly string[] = trustFilePaths()): Promise<string | undefined> {
  for (const path of trustFiles.map(rootPath)) if ((await readOptional(path)) !== undefined) return path;
  return undefined;
}

/**
 * Fetches the newest trusted root and puts it beside the file of trust entries, from where keyless signatures are verified with it. Nothing is
 * written unless all of it verifies. Throws TRUST_INVALID, and what the source of files throws.
 */
export async function updateTrustedRoot(trustFile: string, files: RepositoryFile, now = new Date()): Promise<UpdatedRoot> {
  const [path, statePath] = [rootPath(trustFile), join(dirname(trustFile), 'trusted_root.state.json')];
  const result = await fetchTarget(target, await readState(statePath), files, now).catch((cause: unknown) => {
    if (!(cause instanceof GadgetError) || cause.code !== 'IMAGE_INVALID') throw cause;
    throw trustInvalid(`the trusted root was not updated: ${cause.message}`, { cause, hint: 'try again later, or from another mirror' });
  });
  await parseTrustedRoot(result.target, 'the new trusted root');
  const isNew = Buffer.compare((await readOptional(path)) ?? Buffer.alloc(0), result.target) !== 0;
  try {
    await mkdir(dirname(path), { recursive: true });
    if (isNew) await replaceWholeFile(path, (file) => file.writeFile(result.target));
    await replaceWholeFile(statePath, (file) => file.writeFile(formatState(result.state)));
  } catch (cause) {
    throw trustInvalid(`cannot write ${path}`, { cause, hint: 'run as a user who may write there' });
  }
  return { path, isNew };
}

function rootPath(trustFile: string): string {
  return join(dirname(trustFile), target);
}

async function readState(path: string): Promise<UpdateState> {
  const bytes = await readOptional(path);
  if (bytes === undefined) return { root: await shippedRoot(), versions: {} };
  try {
    const { root, versions } = parseJsonObject(bytes, path, 2 * maxMetadataBytes);
    const known = expectObject(versions, 'versions') as UpdateState['versions'];
    return { root: Buffer.from(JSON.stringify(expectObject(root, 'root'))), versions: known };
  } catch (cause) {
    throw trustInvalid(`${path} is damaged`, { cause, hint: 'delete it: the update begins with the shipped root again' });
  }
}

function formatState({ root, versions }: UpdateState): string {
  return `${JSON.stringify({ root: JSON.parse(Buffer.from(root).toString()) as unknown, versions })}\n`;
}

async function shippedRoot(): Promise<Uint8Array> {
  const { default: root } = await import('./tuf/initial-root.json', { with: { type: 'json' } });
  return Buffer.from(JSON.stringify(root));
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw trustInvalid(`cannot read ${path}`, { cause });
  }
}
