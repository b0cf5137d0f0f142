import type { Report } from '../base/diagnostics.ts';
import type { TextPosition } from '../base/errors.ts';
import { dataSourceAnnotations, fieldAnnotations, isFineAnnotation } from './known-annotations.ts';
import type { DataSourceMetadata, ForeignParam, GadgetMetadata, ParamMetadata, ProgramMetadata } from './metadata.ts';
import { readForeignParams, readOperatorSettings } from './metadata-elsewhere.ts';
import { quoted, YamlReader } from './yaml-reader.ts';
import { parseYamlTree, type YamlNode } from './yaml-tree.ts';

/** What a text of gadget.yaml says, and where it says so. */
export interface ParsedMetadata {
  readonly metadata: GadgetMetadata;
  /** Where a dotted path such as `datasources.open.fields.pid` stands in the text; case does not count. */
  locate(path: string): TextPosition | undefined;
}

type FieldMetadata = DataSourceMetadata['fields'] extends ReadonlyMap<string, infer F> ? F : never;

/** The metadata of a gadget without gadget.yaml. */
export function emptyMetadata(name: string): GadgetMetadata {
  return { ...newMetadata(), name };
}

/**
 * Reads gadget.yaml. Unknown keys, and annotations that seem mistyped, are reported as warnings with their position.
 * Throws METADATA_SYNTAX for faults of YAML and METADATA_INVALID for wrong types, with `file:line:column` in the message.
 */
export function parseMetadata(text: string, file: string, report: Report): ParsedMetadata {
  const root = parseYamlTree(text, file, { syntax: 'METADATA_SYNTAX', content: 'METADATA_INVALID' });
  const reader = new YamlReader(report, 'METADATA_INVALID');
  const metadata = readRoot(reader, root);
  reader.finish();
  return { metadata, locate: (path) => locate(root, path) };
}

function locate(root: YamlNode, path: string): TextPosition | undefined {
  let node: YamlNode | undefined = root;
  for (const part of path.toLowerCase().split('.')) node = node?.children.get(part);
  return node?.position;
}

function newMetadata() {
  return {
    name: '',
    description: '',
    homepageUrl: '',
    documentationUrl: '',
    sourceUrl: '',
    annotations: new Map<string, string>(),
    dataSources: new Map<string, DataSourceMetadata>(),
    params: new Map<string, ParamMetadata>(),
    paramDefaults: new Map<string, string>(),
    foreignParams: [] as ForeignParam[],
    operatorSettings: new Map<string, string>(),
    programs: new Map<string, ProgramMetadata>(),
  };
}

function readRoot(reader: YamlReader, root: YamlNode): GadgetMetadata {
  const metadata = newMetadata();
  const text = (key: 'name' | 'description' | 'homepageUrl' | 'documentationUrl' | 'sourceUrl') => (node: YamlNode) => {
    metadata[key] = reader.string(node, node.name) ?? '';
  };
  reader.keys(root, 'gadget.yaml', {
    name: text('name'),
    description: text('description'),
    homepageurl: text('homepageUrl'),
    documentationurl: text('documentationUrl'),
    sourceurl: text('sourceUrl'),
    // Copied into the image under the keys as they are written.
    annotations: (node) => reader.flatten(node, 'annotations', (key, value) => metadata.annotations.set(key, value)),
    datasources: (node) =>
      eachNamed(reader, node, 'datasources', (child) => metadata.dataSources.set(child.name, readDataSource(reader, child))),
    // The older place first: `params.ebpf` wins.
    ebpfparams: (node) => readParams(reader, node, (name, param) => metadata.params.has(name) || metadata.params.set(name, param)),
    params: (node) =>
      reader.keys(node, 'params', {
        ebpf: (ebpf) => readParams(reader, ebpf, (name, param) => metadata.params.set(name, param)),
        wasm: (wasm) => metadata.foreignParams.push(...readForeignParams(reader, wasm, 'wasm')),
        custom: (custom) => metadata.foreignParams.push(...readForeignParams(reader, custom, 'custom')),
      }),
    paramdefaults: (node) => reader.flatten(node, 'paramDefaults', (key, value) => metadata.paramDefaults.set(key.toLowerCase(), value)),
    programs: (node) => eachNamed(reader, node, 'programs', (child) => metadata.programs.set(child.name, readProgram(reader, child))),
    operator: (node) => {
      metadata.operatorSettings = readOperatorSettings(reader, node);
    },
  });
  return metadata;
}

/** Keys of the image format that say nothing of an eBPF object. */
function ignore(): void {}

function eachNamed(reader: YamlReader, node: YamlNode, what: string, visit: (child: YamlNode) => void): void {
  if (!reader.isMapping(node, what)) return;
  for (const child of node.children.values()) visit(child);
}

function readAnnotations(reader: YamlReader, node: YamlNode, what: string, known: readonly string[]): Map<string, string> {
  const annotations = new Map<string, string>();
  reader.flatten(node, what, (key, value, at) => {
    annotations.set(key.toLowerCase(), value);
    if (isFineAnnotation(known, key.toLowerCase())) return;
    reader.unknown(Object.assign({ ...at }, { name: key }), `unknown annotation ${quoted(key)} is ignored`, known);
  });
  return annotations;
}

function readDataSource(reader: YamlReader, node: YamlNode): DataSourceMetadata {
  let annotations: Map<string, string> = new Map();
  let tags: string[] = [];
  const fields = new Map<string, FieldMetadata>();
  const what = `data source ${quoted(node.name)}`;
  reader.keys(node, what, {
    annotations: (child) => {
      annotations = readAnnotations(reader, child, `annotations of ${what}`, dataSourceAnnotations);
    },
    tags: (child) => {
      tags = reader.strings(child, `tags of ${what}`);
    },
    fields: (child) => eachNamed(reader, child, `fields of ${what}`, (field) => readField(reader, field, field.name, fields)),
  });
  return { annotations, tags, fields };
}

/** A field and those below it: `proc: {comm: …}` and `proc.comm: …` are the same. */
function readField(reader: YamlReader, node: YamlNode, fullName: string, fields: Map<string, FieldMetadata>): void {
  const what = `field ${quoted(fullName)}`;
  if (!reader.isMapping(node, what)) return;
  const annotations = node.children.get('annotations');
  const tags = node.children.get('tags');
  const below = [...node.children].filter(([key]) => key !== 'annotations' && key !== 'tags').map(([, child]) => child);
  if (annotations !== undefined || tags !== undefined || below.length === 0) {
    fields.set(fullName, {
      annotations: annotations === undefined ? new Map() : readAnnotations(reader, annotations, `annotations of ${what}`, fieldAnnotations),
      tags: tags === undefined ? [] : reader.strings(tags, `tags of ${what}`),
    });
  }
  for (const child of below) {
    if (child.scalar === undefined && child.list === undefined) readField(reader, child, `${fullName}.${child.name}`, fields);
    else reader.unknown(child, `unknown key ${quoted(child.name)} in ${what} is ignored`, ['annotations', 'tags']);
  }
}

const ignoredParamKeys = ['title', 'alias', 'alternativekey', 'typehint', 'type', 'valuehint', 'possiblevalues', 'ismandatory', 'tags'];

function readParams(reader: YamlReader, node: YamlNode, add: (name: string, param: ParamMetadata) => void): void {
  eachNamed(reader, node, 'eBPF params', (child) => add(child.name, readParam(reader, child)));
}

function readParam(reader: YamlReader, node: YamlNode): ParamMetadata {
  const param: { -readonly [K in keyof ParamMetadata]: ParamMetadata[K] } = { key: undefined, defaultValue: undefined, description: '' };
  reader.keys(node, `param ${quoted(node.name)}`, {
    key: (child) => {
      param.key = readParamKey(reader, child);
    },
    defaultvalue: (child) => {
      param.defaultValue = reader.string(child, 'defaultValue');
    },
    description: (child) => {
      param.description = reader.string(child, 'description') ?? '';
    },
    ...Object.fromEntries(ignoredParamKeys.map((key) => [key, ignore])),
  });
  return param;
}

/** A flag's name: what a command line can spell. */
function readParamKey(reader: YamlReader, node: YamlNode): string | undefined {
  const key = reader.string(node, 'key');
  if (key === undefined || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(key)) return key;
  return reader.fault(node, `the key ${quoted(key)} cannot be a flag: letters, digits, "-", "_" and "." only`);
}

function readProgram(reader: YamlReader, node: YamlNode): ProgramMetadata {
  const program: { -readonly [K in keyof ProgramMetadata]: ProgramMetadata[K] } = {
    attachTo: undefined,
    optional: false,
    alternatives: [],
    perf: undefined,
    samplerFrequency: undefined,
  };
  reader.keys(node, `program ${quoted(node.name)}`, {
    attach_to: (child) => {
      program.attachTo = reader.string(child, 'attach_to');
    },
    optional: (child) => {
      program.optional = reader.boolean(child, 'optional') ?? false;
    },
    alternatives: (child) => {
      program.alternatives = reader.strings(child, 'alternatives');
    },
    perf: (child) => {
      program.perf = readPerf(reader, child);
    },
    sampler: (child) =>
      reader.keys(child, 'sampler', {
        frequency: (frequency) => {
          program.samplerFrequency = reader.positiveInteger(frequency, 'frequency');
        },
      }),
  });
  return program;
}

function readPerf(reader: YamlReader, node: YamlNode): NonNullable<ProgramMetadata['perf']> {
  const perf = { type: '', config: '', sampleType: '' };
  const text = (key: keyof typeof perf) => (child: YamlNode) => {
    perf[key] = reader.string(child, child.name) ?? '';
  };
  reader.keys(node, 'perf', { type: text('type'), config: text('config'), sampletype: text('sampleType') });
  return perf;
}
