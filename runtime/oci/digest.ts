import { hash } from 'node:crypto';

/** A content address: `sha256:` and 64 lower-case hexadecimal digits. No other algorithm is accepted. */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether the text is a well-formed digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && pattern.test(text);
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/** The hexadecimal part: the file name of a blob in an image layout. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The first 12 hexadecimal digits: enough for people to tell images apart. */
export function shortDigest(digest: Digest): string {
  return digestHex(digest).slice(0, 12);
}
