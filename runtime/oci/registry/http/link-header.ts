/**
 * The target of the `rel="next"` link of a `Link` header (RFC 8288), or undefined. Targets come in angle brackets, parameters after
 * semicolons, links with commas between them.
 */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 64 * 1024) return undefined;
  let at = 0;
  while (at < header.length) {
    const open = header.indexOf('<', at);
    if (open < 0) return undefined;
    const close = header.indexOf('>', open);
    if (close < 0) return undefined;
    const end = endOfLink(header, close + 1);
    if (hasRelNext(header.slice(close + 1, end))) return header.slice(open + 1, close);
    at = end + 1;
  }
  return undefined;
}

/** The comma after a link, outside quotes; the length when there is none. */
function endOfLink(header: string, from: number): number {
  let quoted = false;
  for (let at = from; at < header.length; at++) {
    const character = header[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) return at;
  }
  return header.length;
}

function hasRelNext(parameters: string): boolean {
  const match = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
  const relations = (match?.[1] ?? match?.[2] ?? '').toLowerCase().split(/\s+/);
  return relations.includes('next');
}
