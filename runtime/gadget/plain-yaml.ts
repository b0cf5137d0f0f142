import type { YamlNode } from './yaml-tree.ts';

/** Part of a key's path, values included; deeper or longer texts are for the whole parser, which says what is too much. */
const deepest = 24;
const mostLines = 5000;

const blank = /^ *(?:#[ -~]*)?$/;
/** `key: value # comment`. A plain value begins with a letter, perhaps after a dash, so that it is no number, and has neither `: ` nor ` #` in it. */
const entry =
  /^( *)([A-Za-z_][\w./-]*):(?: +(?:'([^'\n]*)'|"([^"\\\n]*)"|(0|[1-9][0-9]*)|(-?[A-Za-z](?:[^:#\n]|:(?=[^ \n])|(?<=[^ ])#)*)))?(?: +#.*)? *$/;
const printable = /^[ -~\n]*$/;
const constants = new Map<string, boolean | null>();
for (const [word, value] of [
  ['null', null],
  ['true', true],
  ['false', false],
] as const) {
  for (const spelling of [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)]) constants.set(spelling, value);
}

interface Level {
  readonly indent: number;
  readonly node: YamlNode;
  readonly depth: number;
  readonly keys: Set<string>;
}

/**
 * Reads the YAML that gadget.yaml mostly is, mappings of keys to one-line values, in a tenth of the time that a whole parser takes, which is
 * a sixth of a run's start. Undefined for everything else, faults included. What it gives is what the whole parser would.
 */
export function parsePlainYaml(text: string, file: string): YamlNode | undefined {
  const lines = text.split('\n');
  if (lines.length > mostLines || !printable.test(text)) return undefined;
  const reader = new PlainReader(file);
  for (let line = 1; line <= lines.length; line++) {
    if (!blank.test(lines[line - 1]!) && !reader.read(lines[line - 1]!, line)) return undefined;
  }
  return reader.root;
}

class PlainReader {
  root: YamlNode | undefined;
  readonly #file: string;
  readonly #levels: Level[] = [];
  /** The last entry, when it had no value on its line: what follows deeper is its value. */
  #open: Omit<Level, 'indent' | 'keys'> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** False when the line is not plain. */
  read(line: string, number: number): boolean {
    const parts = entry.exec(line);
    if (parts === null) return false;
    const [, indentation = '', key = '', single, double, integer, plain] = parts;
    const level = this.#levelAt(indentation.length, number);
    if (level === undefined || level.keys.has(key)) return false;
    level.keys.add(key);
    const names = key.split('.');
    const depth = level.depth + names.length;
    if (depth > deepest) return false;
    const node = this.#descend(level.node, names, { file: this.#file, line: number, column: indentation.length + 1 });
    const string = single ?? double;
    if (string !== undefined) setScalar(node, string);
    else if (integer !== undefined) setScalar(node, BigInt(integer));
    else if (plain !== undefined) setPlain(node, plain.trimEnd());
    this.#open = string === undefined && integer === undefined && plain === undefined ? { node, depth } : undefined;
    return true;
  }

  /** The mapping that an entry of that indentation belongs to; undefined when there can be none. */
  #levelAt(indent: number, line: number): Level | undefined {
    const levels = this.#levels;
    if (levels.length === 0) {
      this.root = newNode('', { file: this.#file, line, column: indent + 1 });
      levels.push({ indent, node: this.root, depth: 0, keys: new Set() });
    } else if (indent > levels.at(-1)!.indent) {
      if (this.#open === undefined) return undefined;
      levels.push({ indent, ...this.#open, keys: new Set() });
    }
    while (levels.length > 0 && levels.at(-1)!.indent > indent) levels.pop();
    const level = levels.at(-1);
    return level?.indent === indent ? level : undefined;
  }

  #descend(from: YamlNode, names: readonly string[], position: YamlNode['position']): YamlNode {
    let node = from;
    for (const name of names) {
      let child = node.children.get(name.toLowerCase());
      if (child === undefined) {
        child = newNode(name, position);
        node.children.set(name.toLowerCase(), child);
      }
      node = child;
    }
    return node;
  }
}

function newNode(name: string, position: YamlNode['position']): YamlNode {
  return { name, position, children: new Map(), scalar: undefined, text: undefined, list: undefined };
}

function setPlain(node: YamlNode, text: string): void {
  const constant = constants.get(text);
  if (constant === undefined) setScalar(node, text);
  else if (constant !== null) setScalar(node, constant);
}

function setScalar(node: YamlNode, value: string | bigint | boolean): void {
  node.scalar = value;
  node.text = String(value);
}
