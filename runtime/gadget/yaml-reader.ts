import { closestName } from '../base/closest-name.ts';
import type { Report } from '../base/diagnostics.ts';
import type { ErrorCode, GadgetSpecError } from '../base/errors.ts';
import { errorAt, type YamlNode } from './yaml-tree.ts';

/** The most faults that are told of one file. */
const maxFaults = 20;

/** Takes values of expected types out of a YAML tree, and collects what is wrong with it. */
export class YamlReader {
  readonly #report: Report;
  readonly #code: ErrorCode;
  readonly #faults: { node: YamlNode; message: string; hint: string | undefined }[] = [];

  constructor(report: Report, code: ErrorCode) {
    this.#report = report;
    this.#code = code;
  }

  warn(node: YamlNode, message: string, hint?: string): void {
    this.#report({ severity: 'warning', message, position: node.position, ...(hint === undefined ? {} : { hint }) });
  }

  /** Notes an error; reading goes on, so that one look shows them all. */
  fault(node: YamlNode, message: string, hint?: string): undefined {
    this.#faults.push({ node, message, hint });
    return undefined;
  }

  /** Throws when there were faults: the last one, after all before it were reported. */
  finish(): void {
    const faults = this.#faults.slice(0, maxFaults);
    const last = faults.pop();
    if (last === undefined) return;
    for (const { node, message, hint } of faults) {
      this.#report({ severity: 'error', message, position: node.position, ...(hint === undefined ? {} : { hint }) });
    }
    throw this.#errorOf(last);
  }

  #errorOf({ node, message, hint }: { node: YamlNode; message: string; hint: string | undefined }): GadgetSpecError {
    return errorAt(this.#code, node.position, message, hint);
  }

  /** Calls the entry of the table for each key below `node`; keys without one warn. */
  keys(node: YamlNode, what: string, table: Readonly<Record<string, (child: YamlNode) => void>>): void {
    if (!this.isMapping(node, what)) return;
    const handlers = new Map(Object.entries(table));
    for (const [key, child] of node.children) {
      const handler = handlers.get(key.toLowerCase());
      if (handler !== undefined) handler(child);
      else this.unknown(child, `unknown key ${quoted(child.name)} in ${what} is ignored`, handlers.keys());
    }
  }

  unknown(node: YamlNode, message: string, candidates: Iterable<string>): void {
    const closest = closestName(node.name, candidates);
    this.warn(node, message, closest === undefined ? undefined : `did you mean ${closest}?`);
  }

  /** Whether keys can be read below the node; an empty value counts as an empty mapping. */
  isMapping(node: YamlNode, what: string): boolean {
    if (node.scalar === undefined && node.list === undefined) return true;
    this.fault(node, `${what} must be a mapping, not ${describe(node)}`);
    return false;
  }

  string(node: YamlNode, what: string): string | undefined {
    if (node.text !== undefined && node.children.size === 0) return node.text;
    if (isEmpty(node)) return '';
    return this.fault(node, `${what} must be a text, not ${describe(node)}`);
  }

  boolean(node: YamlNode, what: string): boolean | undefined {
    if (typeof node.scalar === 'boolean') return node.scalar;
    return this.fault(node, `${what} must be true or false, not ${describe(node)}`);
  }

  positiveInteger(node: YamlNode, what: string): number | undefined {
    const value = typeof node.scalar === 'bigint' ? Number(node.scalar) : undefined;
    if (value !== undefined && value > 0 && value <= 0xffffffff) return value;
    return this.fault(node, `${what} must be a whole number above 0, not ${describe(node)}`);
  }

  /** A list of texts; a single text counts as a list of one. */
  strings(node: YamlNode, what: string): string[] {
    if (isEmpty(node)) return [];
    if (node.list === undefined && node.text !== undefined) return [node.text];
    if (node.list === undefined) {
      this.fault(node, `${what} must be a list of texts, not ${describe(node)}`);
      return [];
    }
    return node.list.map((item) => this.string(item, `an entry of ${what}`)).filter((text) => text !== undefined);
  }

  /** Everything below the node with dotted keys, visited in order: `columns: {width: 8}` is `columns.width` → `8`. */
  flatten(node: YamlNode, what: string, visit: (key: string, text: string, node: YamlNode) => void): void {
    if (!this.isMapping(node, what)) return;
    this.#flattenInto(node, '', what, visit);
  }

  #flattenInto(node: YamlNode, prefix: string, what: string, visit: (key: string, text: string, node: YamlNode) => void): void {
    for (const child of node.children.values()) {
      const key = prefix + child.name;
      if (child.list !== undefined) this.fault(child, `${key} in ${what} must be a text, not ${describe(child)}`);
      else if (child.text !== undefined || child.children.size === 0) visit(key, child.text ?? '', child);
      this.#flattenInto(child, `${key}.`, what, visit);
    }
  }
}

/** A name from a file within a message. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}

function isEmpty(node: YamlNode): boolean {
  return node.scalar === undefined && node.list === undefined && node.children.size === 0;
}

function describe(node: YamlNode): string {
  if (node.list !== undefined) return 'a list';
  if (node.children.size > 0) return 'a mapping';
  if (node.scalar === undefined) return 'nothing';
  if (typeof node.scalar === 'boolean') return `${node.scalar}`;
  return typeof node.scalar === 'string' ? `the text ${quoted(node.scalar.slice(0, 40))}` : `the number ${node.text?.slice(0, 40)}`;
}
