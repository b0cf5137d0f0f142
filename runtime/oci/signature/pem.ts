/** One block of a PEM file: RFC 7468. */
export interface PemBlock {
  readonly label: string;
  readonly bytes: Buffer;
}

/** The most characters of a file of keys or certificates. */
export const maxPemLength = 256 * 1024;

// Linear: the body has no "-", so it cannot run into the next boundary.
const blockPattern = /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]{1,64})-----/g;

/** Every well-formed block of the text, in order; text around them is skipped. A text of more than `maxPemLength` has none. */
export function parsePem(text: string): readonly PemBlock[] {
  if (text.length > maxPemLength) return [];
  return [...text.matchAll(blockPattern)]
    .filter(([, begin, , end]) => begin === end)
    .map(([, label, body]) => ({ label: label!, bytes: Buffer.from(body!, 'base64') }));
}

/** The bytes as one block, in lines of 64 characters. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
