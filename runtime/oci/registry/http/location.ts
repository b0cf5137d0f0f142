/** The most characters of an address in a header; signed addresses of storage are long. */
const maxLocationLength = 16 * 1024;

/** Whether two addresses have the same scheme, host and port, so that what is secret between us and one may be told to the other. */
export function isSameOrigin(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && one.host === other.host;
}

/**
 * The address in a `Location` header, seen from the address that was asked; relative ones and ones without a host are completed. Undefined
 * when it cannot be used: no HTTP, or a way back from HTTPS to plain HTTP. A registry behind a proxy that ends TLS often names its own
 * address with `http:`; for the same host the scheme and port that were asked are kept.
 */
export function resolveLocation(asked: URL, location: string | undefined): URL | undefined {
  if (location === undefined || location.length > maxLocationLength || /[\u0000-\u0020\u007f]/.test(location)) return undefined;
  if (!URL.canParse(location, asked.href)) return undefined;
  const url = new URL(location, asked);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.hash = '';
  // Credentials in an address would be sent by Node as basic authentication.
  if (url.username !== '' || url.password !== '') return undefined;
  if (asked.protocol === 'http:' || url.protocol === 'https:') return url;
  if (url.hostname !== asked.hostname || (url.port !== '' && url.port !== asked.port)) return undefined;
  // Part by part: a path that begins with two slashes would be read as another host.
  const kept = new URL(asked);
  kept.pathname = url.pathname;
  kept.search = url.search;
  kept.hash = '';
  return kept;
}

/** Scheme, host and path: what may be shown. A query can hold a signature that opens the content to anybody. */
export function shownAddress(url: URL): string {
  return `${url.origin}${url.pathname.length > 200 ? `${url.pathname.slice(0, 200)}…` : url.pathname}`;
}
