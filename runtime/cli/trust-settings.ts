import { GadgetError } from '../base/errors.ts';
import type { YamlReader } from '../gadget/yaml-reader.ts';
import type { YamlNode } from '../gadget/yaml-tree.ts';
import { parseTrustEntry } from '../oci/signature/trust-entries.ts';
import type { TrustEntry } from '../oci/signature/trust-policy.ts';

/**
 * The list `trust` of a configuration file: entries like those of trust.json, each with a prefix and a key (PEM) or identity and issuer. Unlike
 * elsewhere an unknown key is an error: a misspelt word must not widen trust.
 */
export function readTrustSettings(node: YamlNode, reader: YamlReader): readonly TrustEntry[] {
  if (node.list === undefined) {
    reader.fault(node, 'trust must be a list of entries');
    return [];
  }
  return node.list.map((item) => readEntry(item, reader)).filter((entry) => entry !== undefined);
}

function readEntry(item: YamlNode, reader: YamlReader): TrustEntry | undefined {
  if (!reader.isMapping(item, 'an entry of trust')) return undefined;
  const members = [...item.children.values()].map((child) => [child.name, reader.string(child, `${child.name} of an entry of trust`)]);
  if (members.some(([, text]) => text === undefined)) return undefined;
  try {
    return parseTrustEntry(Object.fromEntries(members), 'an entry of trust');
  } catch (error) {
    if (error instanceof GadgetError) return reader.fault(item, error.message, error.hint);
    throw error;
  }
}
