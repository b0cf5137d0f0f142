import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ErrorCode, TextPosition } from '../base/errors.ts';
import { GadgetSpecError } from '../base/errors.ts';
import { parsePlainYaml } from './plain-yaml.ts';

/** The longest text in UTF-16 units that is read: the largest gadget.yaml known has a tenth of it. */
export const maxYamlLength = 256 * 1024;
/** The deepest nesting, dots in keys included. */
export const maxYamlDepth = 32;
/** The most nodes after aliases are followed: ends alias bombs. */
export const maxYamlNodes = 50_000;

/** Errors of one reader of YAML: faults of syntax and of content have codes of their own. */
export interface YamlCodes {
  readonly syntax: ErrorCode;
  readonly content: ErrorCode;
}

/** A value of a YAML document read as gadget.yaml is: keys without case, a dot in a key the same as nesting. */
export interface YamlNode {
  /** The key's part, as written first. */
  readonly name: string;
  readonly position: TextPosition;
  /** By key in lower case. A node can have children and a scalar: `a: 1` beside `a.b: 2`. */
  readonly children: Map<string, YamlNode>;
  scalar: boolean | bigint | number | string | undefined;
  /** The scalar as text; numbers as they are written. */
  text: string | undefined;
  list: YamlNode[] | undefined;
}

/** A text of YAML as a tree. Throws with `file:line:column` in the message for faults, and for a root that is no mapping. */
export function parseYamlTree(text: string, file: string, codes: YamlCodes): YamlNode {
  return (text.length <= maxYamlLength ? parsePlainYaml(text, file) : undefined) ?? parseAnyYaml(text, file, codes);
}

/** The same for whatever YAML allows, and slower. */
export function parseAnyYaml(text: string, file: string, codes: YamlCodes): YamlNode {
  if (text.length > maxYamlLength) {
    throw new GadgetSpecError(codes.content, `${file}: has ${text.length} characters; at most ${maxYamlLength} are read`);
  }
  const lines = new LineCounter();
  const builder = new TreeBuilder(parseText(text, file, codes, lines), file, codes, lines);
  return builder.build();
}

/** The error for a place in a file; the message begins with `file:line:column`. */
export function errorAt(code: ErrorCode, position: TextPosition, message: string, hint?: string): GadgetSpecError {
  const { file, line, column } = position;
  return new GadgetSpecError(code, `${file}:${line}:${column}: ${message}`, {
    context: { file, line, column },
    ...(hint === undefined ? {} : { hint }),
  });
}

function parseText(text: string, file: string, codes: YamlCodes, lines: LineCounter): Document.Parsed {
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, intAsBigInt: true, logLevel: 'error' });
    const fault = document.errors[0];
    if (fault === undefined) return document;
    const at = lines.linePos(fault.pos[0]);
    throw errorAt(codes.syntax, { file, line: Math.max(1, at.line), column: Math.max(1, at.col) }, fault.message);
  } catch (error) {
    // The parser recurses: brackets nested thousands deep exhaust the stack.
    if (error instanceof RangeError) throw new GadgetSpecError(codes.syntax, `${file}: nests too deeply`, { cause: error });
    throw error;
  }
}

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #file: string;
  readonly #codes: YamlCodes;
  readonly #lines: LineCounter;
  #nodes = 0;

  constructor(document: Document.Parsed, file: string, codes: YamlCodes, lines: LineCounter) {
    this.#document = document;
    this.#file = file;
    this.#codes = codes;
    this.#lines = lines;
  }

  build(): YamlNode {
    const contents = this.#document.contents;
    const root = this.#newNode('', contents);
    if (contents === null || (isScalar(contents) && contents.value === null)) return root;
    if (!isMap(contents)) throw errorAt(this.#codes.content, root.position, 'the file must be a mapping of keys to values');
    this.#fill(root, contents, 0);
    return root;
  }

  #newNode(name: string, at: Node | null): YamlNode {
    if (++this.#nodes > maxYamlNodes) {
      throw new GadgetSpecError(this.#codes.content, `${this.#file}: has more than ${maxYamlNodes} values, aliases followed`);
    }
    return { name, position: this.#positionOf(at), children: new Map(), scalar: undefined, text: undefined, list: undefined };
  }

  #positionOf(node: Node | null): TextPosition {
    const offset = node?.range?.[0];
    const at = offset === undefined ? { line: 1, col: 1 } : this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, at.line), column: Math.max(1, at.col) };
  }

  #fill(into: YamlNode, from: Node | null, depth: number): void {
    if (depth > maxYamlDepth) throw errorAt(this.#codes.content, into.position, `nests deeper than ${maxYamlDepth} levels`);
    if (isAlias(from)) this.#fill(into, this.#resolve(from), depth + 1);
    else if (isMap(from)) this.#fillMapping(into, from, depth);
    else if (isSeq(from)) into.list = from.items.map((item) => this.#item(isPair(item) ? null : (item as Node), depth + 1));
    else if (isScalar(from)) setScalar(into, from);
  }

  #resolve(alias: Alias): Node | null {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw errorAt(this.#codes.syntax, this.#positionOf(alias), `alias ${alias.source} has no anchor`);
    return target;
  }

  #item(item: Node | null, depth: number): YamlNode {
    const node = this.#newNode('', item);
    this.#fill(node, item, depth);
    return node;
  }

  #fillMapping(into: YamlNode, from: YAMLMap, depth: number): void {
    for (const pair of from.items as Pair<Node, Node | null>[]) {
      const key = pair.key;
      if (!isScalar(key)) throw errorAt(this.#codes.content, this.#positionOf(key), 'a key must be a plain value');
      const name = keyText(key);
      if (name === '<<' && key.type === 'PLAIN') this.#merge(into, pair.value, depth);
      else this.#fill(this.#descend(into, name.split('.'), key, depth), pair.value, depth + name.split('.').length);
    }
  }

  /** `<<: *defaults`: the keys of other mappings, without overriding what is written after. */
  #merge(into: YamlNode, value: Node | null, depth: number): void {
    const sources = isSeq(value) ? (value.items as Node[]) : [value];
    for (const source of sources) this.#fill(into, source, depth + 1);
  }

  #descend(from: YamlNode, names: readonly string[], key: Scalar, depth: number): YamlNode {
    if (depth + names.length > maxYamlDepth) {
      throw errorAt(this.#codes.content, this.#positionOf(key), `nests deeper than ${maxYamlDepth} levels`);
    }
    let node = from;
    for (const name of names) {
      let child = node.children.get(name.toLowerCase());
      if (child === undefined) {
        child = this.#newNode(name, key);
        node.children.set(name.toLowerCase(), child);
      }
      node = child;
    }
    return node;
  }
}

function keyText(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function setScalar(node: YamlNode, scalar: Scalar): void {
  const value = scalar.value;
  if (value === null || value === undefined) return;
  if (typeof value === 'number') [node.scalar, node.text] = [value, scalar.source ?? String(value)];
  else if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'string')
    [node.scalar, node.text] = [value, String(value)];
  else [node.scalar, node.text] = [String(value), String(value)];
}
