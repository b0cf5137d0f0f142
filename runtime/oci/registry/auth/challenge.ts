/** One way in that a registry offers: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const maxHeaderLength = 16 * 1024;
const maxChallenges = 20;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const separators = /[\s,]*/y;
const blanks = /[ \t]*/y;
/** RFC 9110's token68, never followed by a parameter: skipped. */
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const quotedString = /"((?:[^"\\]|\\.)*)"/sy;
const bareValue = /[^\s,"]*/y;

/**
 * The challenges of `WWW-Authenticate` headers, in their order. Several can share a header, each with any number of parameters; what cannot
 * be read ends the list.
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  if (text.length > maxHeaderLength) return [];
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const scan = scanner(text);
  for (;;) {
    scan(separators);
    const name = scan(token)?.[0].toLowerCase();
    if (name === undefined) return challenges;
    const before = scan.at();
    scan(blanks);
    const current = challenges.at(-1);
    if (!scan.skip('=')) {
      if (challenges.length === maxChallenges) return challenges;
      challenges.push({ scheme: name, parameters: Object.create(null) as Record<string, string> });
      if (scan.at() > before && !isParameter(text, scan.at())) scan(token68);
      continue;
    }
    scan(blanks);
    const value = scan(quotedString)?.[1]?.replace(/\\(.)/gs, '$1') ?? scan(bareValue)?.[0];
    // The first of a name counts; a parameter before any scheme belongs to none.
    if (current !== undefined && value !== undefined && !(name in current.parameters)) current.parameters[name] = value;
  }
}

function isParameter(text: string, at: number): boolean {
  token.lastIndex = at;
  if (!token.test(text)) return false;
  return /^[ \t]*=[ \t]*(?:"|[^\s,="])/.test(text.slice(token.lastIndex, token.lastIndex + 64));
}

function scanner(text: string) {
  let at = 0;
  const scan = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at += match[0].length;
    return match;
  };
  const skip = (character: string): boolean => {
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  return Object.assign(scan, { at: () => at, skip });
}
