import { invalid } from '../../json-document.ts';

/** Metadata has some ten levels; deeper ones would exhaust the stack. */
const maxDepth = 64;

/** The canonical form that TUF metadata is signed in, in UTF-8: https://gibson042.github.io/canonicaljson-spec/ of 2008, "OLPC". Throws IMAGE_INVALID. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > maxDepth) throw invalid('metadata', `nests more than ${maxDepth} deep`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    throw invalid('metadata', 'holds a number that is not whole');
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  const members = Object.entries(value as object).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return `{${members.map(([name, member]) => `${quote(name)}:${canonicalJson(member, depth + 1)}`).join(',')}}`;
}

/** Only these two are escaped; control characters stand for themselves. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
