import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GadgetError } from '../../base/errors.ts';
import { replaceWholeFile } from '../../base/whole-file.ts';
import { lockFile } from '../store/file-lock.ts';
import { parseTrustEntries, trustInvalid } from './trust-entries.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** 10,000 entries with keys have some 3 MB. */
const maxFileBytes = 8 * 1024 * 1024;
/** How long another process may take for its change, in milliseconds. */
const lockWaitMs = 10_000;

/** The policy of a machine that nobody configured. */
export const standardPolicy: TrustPolicy = { entries: [], builtin: true };

/** The policy in the bytes of a trust.json. Throws TRUST_INVALID. */
export function parseTrustFile(bytes: Uint8Array, subject: string): TrustPolicy {
  if (bytes.length > maxFileBytes) throw trustInvalid(`${subject} has more than ${maxFileBytes} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw trustInvalid(`${subject} is not JSON in UTF-8`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw trustInvalid(`${subject} is not a JSON object`);
  const { trust, builtin = true, ...others } = json as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw trustInvalid(`${subject} has an unknown ${JSON.stringify(unknown.slice(0, 40))}`);
  if (typeof builtin !== 'boolean') throw trustInvalid(`${subject}: builtin is neither true nor false`);
  return { entries: parseTrustEntries(trust ?? [], `${subject}: trust`), builtin };
}

/** The text of a trust.json with this policy; reading it gives the same. */
export function formatTrustFile({ entries, builtin }: TrustPolicy): string {
  return `${JSON.stringify({ ...(builtin ? {} : { builtin }), trust: entries }, null, 2)}\n`;
}

/** The policy of the file; of a machine that nobody configured when there is none. Throws TRUST_INVALID. */
export async function readTrustFile(path: string): Promise<TrustPolicy> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw trustInvalid(`${path} has more than ${maxFileBytes} bytes`);
    return parseTrustFile(await readFile(path), path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return standardPolicy;
    throw cause instanceof GadgetError ? cause : trustInvalid(`cannot read ${path}`, { cause });
  }
}

/** Reads the file, changes it and puts it back all at once, after others who are at it. Returns the new policy. Throws TRUST_INVALID. */
export async function updateTrustFile(path: string, change: (policy: TrustPolicy) => TrustPolicy): Promise<TrustPolicy> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const lock = await lockFile(`${path}.lock`, { mode: 'exclusive', waitMs: lockWaitMs });
    if (lock === undefined) throw trustInvalid(`another process has been changing ${path} for ${lockWaitMs / 1000} seconds`);
    try {
      const policy = change(await readTrustFile(path));
      await replaceWholeFile(path, (file) => file.writeFile(formatTrustFile(policy)));
      return policy;
    } finally {
      await lock.close();
    }
  } catch (cause) {
    throw cause instanceof GadgetError ? cause : trustInvalid(`cannot write ${path}`, { cause, hint: 'run as a user who may write there' });
  }
}
