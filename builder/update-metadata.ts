import { writeFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Report } from '../runtime/base/diagnostics.ts';
import { GadgetSpecError } from '../runtime/base/errors.ts';
import type { GadgetSpec } from '../runtime/gadget/spec.ts';
import type { DataSource } from '../runtime/schema/data-source.ts';
import type { GadgetFolder } from './gadget-folder.ts';

/** Writes what the object declares and gadget.yaml does not mention yet into the file; returns its text. An up-to-date file is left alone. */
export async function writeMetadataSkeleton(gadget: GadgetFolder, spec: GadgetSpec, report: Report): Promise<string> {
  const text = completeMetadata(gadget.metadataText ?? '', spec);
  if (text === gadget.metadataText) return text;
  try {
    await writeFile(gadget.metadataPath, text);
  } catch (cause) {
    throw new GadgetSpecError('METADATA_INVALID', `${gadget.metadataFile} cannot be written: ${(cause as Error).message}`, { cause });
  }
  report({ severity: 'info', message: `wrote ${gadget.metadataFile}: fill in the empty descriptions` });
  return text;
}

/** The text of gadget.yaml with an entry for every data source, field and param of the spec. What is there stays, comments and order included. */
export function completeMetadata(text: string, spec: GadgetSpec): string {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const editor = new Editor(document as Document);
  editor.add(['name'], spec.name.replaceAll('_', ' '));
  editor.add(['description'], '');
  for (const { dataSource } of spec.sources) addDataSource(editor, dataSource);
  for (const param of spec.params) {
    // Those of the headers describe themselves.
    if (param.description !== '') continue;
    editor.add(['params', 'ebpf', param.variable, 'key'], param.key);
    editor.add(['params', 'ebpf', param.variable, 'defaultValue'], param.defaultValue);
    editor.add(['params', 'ebpf', param.variable, 'description'], '');
  }
  return editor.changed ? document.toString({ lineWidth: 0, flowCollectionPadding: false }) : text;
}

function addDataSource(editor: Editor, dataSource: DataSource): void {
  for (const field of dataSource.fields) {
    if (field.annotations.has('description') || field.annotations.get('columns.hidden') === 'true') continue;
    editor.add(['datasources', dataSource.name, 'fields', field.fullName, 'annotations', 'description'], '');
  }
}

/** Adds to a YAML document without touching what is there; keys are compared without case, and dots are nesting. */
class Editor {
  readonly #document: Document;
  changed = false;

  constructor(document: Document) {
    this.#document = document;
    if (!isMap(document.contents)) {
      document.contents = document.createNode({}) as unknown as Document['contents'];
    }
  }

  add(path: readonly string[], value: string): void {
    let map = this.#document.contents as unknown as YAMLMap;
    for (const [index, name] of path.entries()) {
      const rest = path.slice(index + 1);
      const pair = findPair(map, name);
      if (pair === undefined) {
        // A dotted key may already say it in another way: then nothing is added.
        if (hasDotted(map, [name, ...rest])) return;
        map.add(this.#document.createPair(name, nest(rest, value)));
        this.changed = true;
        return;
      }
      if (isMap(pair.value)) map = pair.value;
      else if (rest.length === 0 || !isEmpty(pair.value)) return;
      else {
        pair.value = this.#document.createNode(nest(rest, value)) as Node;
        this.changed = true;
        return;
      }
    }
  }
}

function nest(path: readonly string[], value: string): unknown {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
}

function findPair(map: YAMLMap, name: string): Pair<Node, Node | null> | undefined {
  return (map.items as Pair<Node, Node | null>[]).find(
    (pair) => isScalar(pair.key) && String(pair.key.value).toLowerCase() === name.toLowerCase(),
  );
}

function hasDotted(map: YAMLMap, path: readonly string[]): boolean {
  const wanted = path.join('.').toLowerCase();
  return (map.items as Pair<Node, Node | null>[]).some((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value).toLowerCase() : '';
    return key.includes('.') && (wanted === key || wanted.startsWith(`${key}.`));
  });
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}
