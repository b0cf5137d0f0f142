const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** A string, or a run of what is neither string nor structure, or one character of structure. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{},:]+|[[\]{},:\n]/gu;

/** Compact JSON documents, one a line, with each member and element on a line of its own, indented by two spaces. */
export function prettyJson(compact: Uint8Array): Uint8Array {
  let text = '';
  let depth = 0;
  let previous = '';
  for (const [part] of decoder.decode(compact).matchAll(token)) {
    const closing = part === '}' || part === ']';
    if (closing) depth--;
    const empty = closing && (previous === '{' || previous === '[');
    const breaks = previous === '{' || previous === '[' || previous === ',' || closing;
    if (breaks && !empty) text += `\n${'  '.repeat(depth)}`;
    text += part === ':' ? ': ' : part;
    if (part === '{' || part === '[') depth++;
    previous = part;
  }
  return encoder.encode(text);
}
