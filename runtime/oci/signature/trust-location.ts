import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { readTrustFile } from './trust-file.ts';
import type { TrustEntry, TrustPolicy } from './trust-policy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const systemFile = '/etc/gadget/trust.json';

/**
 * Files of trust entries: the first is the one that `gadget trust` changes; all of them are read. GADGET_TRUST names the only one. Root trusts
 * no other user's file.
 */
export function trustFilePaths(env: Environment = process.env, uid = process.getuid?.()): readonly [string, ...string[]] {
  if (env['GADGET_TRUST']) return [env['GADGET_TRUST']];
  const named = env['GADGET_TRUST'];
  if (named !== undefined && named !== '') return [named];
  if (uid === 0) return [systemFile];
  const config = env['XDG_CONFIG_HOME'] ?? '';
  // The XDG base directory specification: a path that is not absolute is to be ignored.
  const folder = isAbsolute(config) ? config : join(env['HOME'] || homedir(), '.config');
  return [join(folder, 'gadget', 'trust.json'), systemFile];
}

/** The policy of several files together, and more entries: everybody is trusted; those trusted by default unless a file leaves them out. */
export async function readTrustPolicy(paths: readonly string[] = trustFilePaths(), more: readonly TrustEntry[] = []): Promise<TrustPolicy> {
  const policies = await Promise.all(paths.map(readTrustFile));
  return { entries: [...policies.flatMap(({ entries }) => entries), ...more], builtin: policies.every(({ builtin }) => builtin) };
}
