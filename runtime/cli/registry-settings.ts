import { UsageError } from '../base/errors.ts';
import type { YamlReader } from '../gadget/yaml-reader.ts';
import type { YamlNode } from '../gadget/yaml-tree.ts';

/** What the configuration says of registries. */
export interface RegistrySettings {
  /** Registry → places to read from before it, in this order. */
  readonly mirrors: ReadonlyMap<string, readonly string[]>;
  /** `host[:port]` of registries that may go without TLS or show any certificate. */
  readonly insecure: readonly string[];
  /** PEM files. */
  readonly caFiles: readonly string[];
  /** The only ones that commands may ask or send to, `registry[/first/parts]`; undefined allows every one. */
  readonly allowed: readonly string[] | undefined;
  /** PEM files of the certificate to show, where no flags name others. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export const noRegistrySettings: RegistrySettings = {
  mirrors: new Map(),
  insecure: [],
  caFiles: [],
  allowed: undefined,
  cert: undefined,
  key: undefined,
};

/** The section `registries` of a configuration file, without its `default`. */
export function readRegistrySettings(node: YamlNode, reader: YamlReader, before: RegistrySettings): RegistrySettings {
  const mirrors = new Map(before.mirrors);
  let { insecure, caFiles, allowed, cert, key } = before;
  reader.keys(node, 'registries', {
    default: () => {},
    mirrors: (child) => {
      for (const [registry, list] of listsBelow(child, reader)) mirrors.set(registry, list);
    },
    insecure: (child) => {
      insecure = reader.strings(child, 'registries.insecure');
    },
    'ca-files': (child) => {
      caFiles = reader.strings(child, 'registries.ca-files');
    },
    allowed: (child) => {
      allowed = reader.strings(child, 'registries.allowed');
    },
    cert: (child) => {
      cert = reader.string(child, 'registries.cert');
    },
    key: (child) => {
      key = reader.string(child, 'registries.key');
    },
  });
  return { mirrors, insecure, caFiles, allowed, cert, key };
}

/** The lists below a node by key. A dot in a key nests, so a host is a path of keys. */
function* listsBelow(node: YamlNode, reader: YamlReader, prefix = ''): Generator<[string, readonly string[]]> {
  if (prefix === '' && !reader.isMapping(node, 'registries.mirrors')) return;
  for (const child of node.children.values()) {
    const name = prefix + child.name;
    if (child.list !== undefined || child.text !== undefined) yield [name, reader.strings(child, `registries.mirrors ${name}`)];
    yield* listsBelow(child, reader, `${name}.`);
  }
}

/**
 * The settings with what the environment says in their place: GADGET_REGISTRY_MIRRORS (`registry=mirror,…`, several for one registry in their
 * order), GADGET_INSECURE_REGISTRIES (`host[:port],…`) and GADGET_ALLOWED_REGISTRIES (`registry[/first/parts],…`). Errors: CONFIG_INVALID.
 */
export function withEnvironment(settings: RegistrySettings, env: Readonly<Record<string, string | undefined>>): RegistrySettings {
  const mirrors = new Map(settings.mirrors);
  const named = new Map<string, string[]>();
  for (const pair of itemsOf(env['GADGET_REGISTRY_MIRRORS'])) {
    const [registry, mirror, ...rest] = pair.split('=');
    if (!registry || !mirror || rest.length > 0) {
      throw new UsageError('CONFIG_INVALID', `GADGET_REGISTRY_MIRRORS has ${JSON.stringify(pair)}, which is not registry=mirror`);
    }
    named.set(registry, [...(named.get(registry) ?? []), mirror]);
  }
  for (const [registry, list] of named) mirrors.set(registry, list);
  const insecure = itemsOf(env['GADGET_INSECURE_REGISTRIES']);
  const allowed = itemsOf(env['GADGET_ALLOWED_REGISTRIES']);
  return {
    ...settings,
    mirrors,
    insecure: insecure.length > 0 ? insecure : settings.insecure,
    allowed: allowed.length > 0 ? allowed : settings.allowed,
  };
}

function itemsOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
