import { safeText } from '../../../base/safe-text.ts';

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings: at most this many characters are shown. */
const maxTextLength = 1024;
const maxWarnings = 10;

/** The texts of a `Warning` header of code 299 (RFC 7234, 5.5), safe for a terminal. */
export function parseWarnings(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > 64 * 1024) return [];
  const texts: string[] = [];
  for (const match of header.matchAll(/(?:^|,)\s*299 [^\s",]+ "((?:[^"\\]|\\.)*)"/g)) {
    if (texts.push(safeText(match[1]!.replace(/\\(.)/g, '$1')).slice(0, maxTextLength)) >= maxWarnings) break;
  }
  return texts;
}
