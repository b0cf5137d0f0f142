import type { ForeignParam } from './metadata.ts';
import type { YamlReader } from './yaml-reader.ts';
import type { YamlNode } from './yaml-tree.ts';

/** Keys below a param of `params.wasm` or `params.custom`, which those who run them read. */
const paramKeys = ['key', 'title', 'alias', 'tags', 'typehint', 'valuehint', 'possiblevalues', 'ismandatory', 'values', 'patch'];

/** Settings of operators that gadget.yaml may have, in lower case. */
const operatorKeys: readonly string[] = [
  'ebpf.emitstats',
  ...['emitstats', 'interval', 'first-interval', 'count', 'fields'].map((key) => `process.${key}`),
  ...['emitstats', 'interval', 'first-interval', 'count'].map((key) => `cgroup.${key}`),
];

/** `params.wasm` and `params.custom`: kept to be shown, for nothing in an eBPF object answers to them. */
export function readForeignParams(reader: YamlReader, node: YamlNode, kind: ForeignParam['kind']): ForeignParam[] {
  if (!reader.isMapping(node, `params.${kind}`)) return [];
  return [...node.children.values()].map((child) => readForeignParam(reader, child, kind));
}

function readForeignParam(reader: YamlReader, node: YamlNode, kind: ForeignParam['kind']): ForeignParam {
  const said = { description: '', defaultValue: '' };
  reader.keys(node, `param ${JSON.stringify(node.name)}`, {
    description: (child) => {
      said.description = reader.string(child, 'description') ?? '';
    },
    defaultvalue: (child) => {
      said.defaultValue = reader.string(child, 'defaultValue') ?? '';
    },
    ...Object.fromEntries(paramKeys.map((key) => [key, () => {}])),
  });
  return { kind, name: node.name, ...said };
}

/** `operator`: settings by dotted key in lower case. Unknown ones are kept, and reported as warnings. */
export function readOperatorSettings(reader: YamlReader, node: YamlNode): Map<string, string> {
  const settings = new Map<string, string>();
  if (reader.isMapping(node, 'operator')) collect(reader, node, '', settings);
  return settings;
}

function collect(reader: YamlReader, node: YamlNode, prefix: string, settings: Map<string, string>): void {
  for (const child of node.children.values()) {
    const key = prefix + child.name.toLowerCase();
    if (child.list === undefined && child.children.size > 0) {
      collect(reader, child, `${key}.`, settings);
      continue;
    }
    settings.set(key, child.list === undefined ? (child.text ?? '') : reader.strings(child, key).join(','));
    if (!operatorKeys.includes(key)) {
      reader.unknown(Object.assign({ ...child }, { name: key }), `unknown setting operator.${key} is ignored`, operatorKeys);
    }
  }
}
