import { UsageError } from '../../base/errors.ts';

/** Reads `--max-entries` for one data source: a count, or -1 for all (undefined). USAGE for anything else. */
export function parseMaxEntries(text: string): number | undefined {
  if (/^-1$/.test(text.trim())) return undefined;
  if (!/^\d{1,9}$/.test(text.trim()))
    throw new UsageError('USAGE', `--max-entries: "${text}" is no number of entries`, { hint: 'write a number; -1 shows all' });
  return Number(text);
}
