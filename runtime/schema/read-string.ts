const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Longer strings (paths) seldom repeat; short ones (process names) nearly always do. */
const longestCached = 64;
const cacheSize = 1024;
const cache: string[] = new Array(cacheSize).fill('');

/**
 * The string that a `char[]` holds: bytes up to the first NUL, or all of them. Invalid UTF-8 becomes U+FFFD.
 *
 * Short ASCII strings come out of a small cache when the same bytes were read before, which saves both time and garbage.
 */
export function readString(bytes: Uint8Array, at: number, size: number): string {
  const limit = at + size;
  let end = at;
  let hash = 0;
  let seen = 0;
  for (; end < limit; end++) {
    const byte = bytes[end]!;
    if (byte === 0) break;
    seen |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (end === at) return '';
  if (seen > 0x7f || end - at > longestCached) return decoder.decode(bytes.subarray(at, end));
  const slot = (hash ^ (hash >>> 10)) & (cacheSize - 1);
  const cached = cache[slot]!;
  if (equals(cached, bytes, at, end)) return cached;
  const text = decoder.decode(bytes.subarray(at, end));
  cache[slot] = text;
  return text;
}

function equals(text: string, bytes: Uint8Array, at: number, end: number): boolean {
  if (text.length !== end - at) return false;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[at + index]) return false;
  return true;
}
