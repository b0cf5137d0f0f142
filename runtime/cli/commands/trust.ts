import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GadgetError, UsageError } from '../../base/errors.ts';
import { safeText } from '../../base/safe-text.ts';
import { builtinTrust } from '../../oci/signature/builtin-trust.ts';
import { addTrust, removeTrust, type TrustSelection } from '../../oci/signature/change-trust.ts';
import { parsePublicKeys } from '../../oci/signature/public-key.ts';
import { parseTrustEntry } from '../../oci/signature/trust-entries.ts';
import { updateTrustFile } from '../../oci/signature/trust-file.ts';
import { readTrustPolicy, trustFilePaths } from '../../oci/signature/trust-location.ts';
import type { TrustEntry } from '../../oci/signature/trust-policy.ts';
import { publicRootRepository, updateTrustedRoot } from '../../oci/signature/update-trusted-root.ts';
import type { CliContext } from '../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../render-document.ts';
import { renderTable } from '../render-table.ts';

const formats = ['columns', ...documentFormats] as const;

interface WhoFlags {
  readonly key?: string;
  readonly identity?: string;
  readonly issuer?: string;
}

/** `gadget trust` */
export function register(program: Command, context: CliContext): void {
  const trust = program.command('trust').description('say whose signatures count for which images');
  trust
    .command('add')
    .description('trust a key, or an identity that an issuer vouches for, to sign images')
    .argument('<prefix>', 'which images: registry[/repository], such as ghcr.io/org')
    .option('--key <file>', 'public key (PEM)')
    .option('--identity <name>', 'whom a keyless signature is by: an e-mail address, or the URL of a workflow')
    .option('--issuer <url>', 'who vouches for the identity: https://token.actions.githubusercontent.com')
    .action((prefix: string, flags: WhoFlags) => runTrustAdd(prefix, flags, context));
  trust
    .command('list')
    .alias('ls')
    .description('show who is trusted for which images')
    .option('-o, --output <format>', formats.join(', '), 'columns')
    .action((flags: { output: string }) => runTrustList(flags, context));
  trust
    .command('remove')
    .alias('rm')
    .description('trust somebody no longer')
    .argument('<prefix>', 'exactly as it was added')
    .option('--fingerprint <start>', 'this key only: the start of its fingerprint')
    .option('--identity <name>', 'this identity only')
    .action((prefix: string, selection: TrustSelection) => runTrustRemove(prefix, selection, context));
  trust
    .command('update')
    .description('fetch the newest trusted root: the certificate authorities and logs that keyless signatures are verified with')
    .option('--mirror <url>', 'where the TUF repository of the public Sigstore is read from', publicRootRepository)
    .action((flags: { mirror: string }) => runTrustUpdate(flags, context));
}

/** The machine's for root, else the user's own. */
export async function runTrustUpdate({ mirror }: { readonly mirror: string }, context: CliContext): Promise<void> {
  if (!URL.canParse(mirror)) throw new UsageError('USAGE', `${JSON.stringify(mirror)} is no URL`);
  const { httpFiles } = await import('../../oci/signature/tuf/http-files.ts');
  const files = httpFiles(mirror, { environment: context.env, signal: context.signal });
  try {
    const { path, isNew } = await updateTrustedRoot(trustFilePaths(context.env)[0], files);
    context.stdout.write(`${path} ${isNew ? 'is new' : 'is up to date'}\n`);
  } finally {
    files.close();
  }
}

export async function runTrustAdd(prefix: string, flags: WhoFlags, context: CliContext): Promise<void> {
  const { key: file, ...who } = flags;
  if (file === undefined && who.identity === undefined && who.issuer === undefined) {
    throw new UsageError('USAGE', 'nobody is named', { hint: 'give --key FILE, or --identity NAME and --issuer URL' });
  }
  const key = file === undefined ? {} : { key: await readKey(resolve(context.cwd, file)) };
  const entry = parseTrustEntry({ prefix, ...key, ...who }, 'the entry');
  const [path] = trustFilePaths(context.env);
  await updateTrustFile(path, (policy) => addTrust(policy, entry));
  context.stdout.write(
    `${whoOf(entry)
      .map((who) => safeText(who))
      .join(', ')} may sign images of ${safeText(entry.prefix)}\n`,
  );
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GadgetError('KEY_INVALID', `cannot read the key file ${path}: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
      context: { path },
    });
  }
}

export async function runTrustList(flags: { readonly output: string }, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const policy = await readTrustPolicy(trustFilePaths(context.env), context.trust);
  const entries = [...(policy.builtin ? builtinTrust : []), ...policy.entries];
  const text =
    format === 'columns'
      ? renderTable(
          ['IMAGES', 'SIGNED BY', 'ISSUER'],
          entries.map((entry) => [entry.prefix, whoOf(entry).join(', '), 'key' in entry ? '' : entry.issuer]),
        )
      : renderDocument(entries.map(entryDocument), format);
  context.stdout.write(text);
}

export async function runTrustRemove(prefix: string, selection: TrustSelection, context: CliContext): Promise<void> {
  const [path] = trustFilePaths(context.env);
  let removed: readonly TrustEntry[] = [];
  await updateTrustFile(path, (policy) => {
    const change = removeTrust(policy, prefix, selection);
    removed = change.removed;
    return change.policy;
  });
  if (removed.length === 0) {
    throw new UsageError('USAGE', `nobody is trusted for exactly ${safeText(prefix)}`, {
      hint: '"gadget trust list" shows whom you trust, and for what',
    });
  }
  const gone = removed.flatMap((entry) =>
    whoOf(entry).map((who) => `${safeText(who)} may no longer sign images of ${safeText(entry.prefix)}\n`),
  );
  context.stdout.write(gone.join(''));
}

/** Keys by fingerprint, or the identity. */
function whoOf(entry: TrustEntry): readonly string[] {
  return 'key' in entry ? parsePublicKeys(entry.key).map(({ fingerprint }) => fingerprint) : [entry.identity];
}

function entryDocument(entry: TrustEntry) {
  return 'key' in entry ? { prefix: entry.prefix, key: entry.key, fingerprints: whoOf(entry) } : { ...entry };
}
