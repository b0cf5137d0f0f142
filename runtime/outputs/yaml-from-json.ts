/** A string, or a run of what is neither string nor structure, or one character of structure. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{},:]+|[[\]{},:]/gu;
/** Words that are the same string without quotes under YAML 1.1 and 1.2. */
const plainWord = /^"([A-Za-z_/][A-Za-z0-9_/.@+-]*)"$/;
const notStrings = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

/** One compact JSON document as block YAML that ends with a line break. Digits stay as they are, so no number is rounded. */
export function yamlFromJson(json: string): string {
  const tokens = Array.from(json.matchAll(token), (match) => match[0]);
  let at = 0;

  /** The value at the current token, as what follows `key:` or `-` on its line and below. */
  function value(indent: string, inList: boolean): string {
    const first = tokens[at++]!;
    if (first !== '{' && first !== '[') return ` ${scalar(first)}\n`;
    if (tokens[at] === '}' || tokens[at] === ']') return ` ${first}${tokens[at++]}\n`;
    const entries = first === '{' ? members(indent) : elements(indent);
    // In a list the first entry stands beside its dash.
    return inList ? ` ${entries.slice(indent.length)}` : `\n${entries}`;
  }

  function members(indent: string): string {
    let text = '';
    do {
      const key = scalar(tokens[at]!);
      at += 2;
      text += `${indent}${key}:${value(`${indent}  `, false)}`;
    } while (tokens[at++] === ',');
    return text;
  }

  function elements(indent: string): string {
    let text = '';
    do text += `${indent}-${value(`${indent}  `, true)}`;
    while (tokens[at++] === ',');
    return text;
  }

  return value('', false).trimStart();
}

/** JSON strings are YAML as they are, but for characters beyond the basic plane that JSON escapes in two halves. */
function scalar(json: string): string {
  const word = plainWord.exec(json)?.[1];
  if (word !== undefined && !notStrings.test(word)) return word;
  return json.replace(/\\\\|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/g, (all, high?: string, low?: string) => {
    if (high === undefined || low === undefined) return all;
    const codePoint = 0x10000 + ((Number.parseInt(high, 16) & 0x3ff) << 10) + (Number.parseInt(low, 16) & 0x3ff);
    return `\\U${codePoint.toString(16).padStart(8, '0')}`;
  });
}
