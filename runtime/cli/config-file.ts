import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Report } from '../base/diagnostics.ts';
import { YamlReader } from '../gadget/yaml-reader.ts';
import { parseYamlTree, type YamlNode } from '../gadget/yaml-tree.ts';
import type { TrustEntry } from '../oci/signature/trust-policy.ts';
import type { Config, ConfigOptions, ConfigText } from './config.ts';
import { noRegistrySettings, readRegistrySettings } from './registry-settings.ts';
import { readTrustSettings } from './trust-settings.ts';

/** Flags for which a variable of the environment speaks as well: it wins over a file. */
const variableOfFlag: Readonly<Record<string, string>> = { clang: 'CLANG', color: 'NO_COLOR' };

/** Flags that say what is done now, or that name fields of one gadget: they have no default. */
const withoutDefault: ReadonlySet<string> = new Set(['config', 'help', 'watch', 'filter', 'filter-expr', 'fields', 'sort']);

/** The configuration that texts of YAML hold; a later one wins, key by key. Errors: CONFIG_INVALID, with file, line and column. */
export function parseConfig(texts: readonly ConfigText[], { env, commands, report }: Omit<ConfigOptions, 'path'>): Config {
  const reporting = once(report);
  const reader = () => new YamlReader(reporting, 'CONFIG_INVALID');
  const codes = { syntax: 'CONFIG_INVALID', content: 'CONFIG_INVALID' } as const;
  const sections: { name: string; node: YamlNode }[] = [];
  const variables = new Map<string, string>();
  let registries = noRegistrySettings;
  const trust: TrustEntry[] = [];
  for (const { path, text } of texts) {
    const root = reader();
    const section = (name: string) => (node: YamlNode) => void sections.push({ name, node });
    const variable = (name: string, what: string) => (node: YamlNode) => {
      const value = root.string(node, what);
      if (value !== undefined) variables.set(name, value);
    };
    root.keys(parseYamlTree(text, path, codes), 'the file', {
      store: variable('GADGET_STORE', 'store'),
      registries: (node) => {
        const child = node.children.get('default');
        if (child !== undefined) variable('GADGET_DEFAULT_REGISTRY', 'registries.default')(child);
        registries = readRegistrySettings(node, root, registries);
      },
      trust: (node) => void trust.push(...readTrustSettings(node, root)),
      ...Object.fromEntries(commands.filter((name) => name !== 'trust').map((name) => [name, section(name)])),
    });
    root.finish();
  }
  return {
    env: withVariables(env, variables),
    registries,
    trust,
    applyTo(command) {
      for (const { name, node } of sections) {
        if (name !== command.name()) continue;
        const flags = reader();
        applySection({ command, node, what: name, env, reader: flags });
        flags.finish();
      }
    },
  };
}

/** A section is read again for each command that is made of it: what is wrong is told once. */
function once(report: Report): Report {
  const told = new Set<string>();
  return (diagnostic) => {
    const key = JSON.stringify([diagnostic.position, diagnostic.message]);
    if (!told.has(key)) report(diagnostic);
    told.add(key);
  };
}

/** Variables that are set win, an empty one is not set. */
function withVariables(env: ConfigOptions['env'], variables: ReadonlyMap<string, string>): ConfigOptions['env'] {
  const merged: Record<string, string | undefined> = { ...env };
  for (const [name, value] of variables) merged[name] ||= value;
  return merged;
}

interface Section {
  readonly command: Command;
  readonly node: YamlNode;
  /** The section's name in messages. */
  readonly what: string;
  readonly env: ConfigOptions['env'];
  readonly reader: YamlReader;
}

function applySection(section: Section): void {
  const { command, node, what, reader } = section;
  if (!reader.isMapping(node, what)) return;
  const flags = new Map(command.options.flatMap((option) => namesOf(option).map((name) => [name, option] as const)));
  const commands = new Map(command.commands.map((child) => [child.name(), child]));
  for (const [key, child] of node.children) {
    const below = commands.get(key);
    const flag = flags.get(key);
    if (below !== undefined) applySection({ ...section, command: below, node: child, what: `${what} ${key}` });
    else if (flag !== undefined) applyFlag(section, flag, child, `${key} in ${what}`);
    else reader.unknown(child, `unknown key "${child.name}" in ${what} is ignored`, [...flags.keys(), ...commands.keys()]);
  }
}

/** What a flag is called in a file: its long name, that of `--no-color` without the `no-`. */
function namesOf(option: Option): string[] {
  const name = option.long?.replace(/^--(no-)?/, '');
  return name === undefined || withoutDefault.has(name) ? [] : [name];
}

function applyFlag({ command, env, reader }: Section, flag: Option, node: YamlNode, what: string): void {
  const name = flag.attributeName();
  const takesText = flag.required || flag.optional;
  const value = takesText ? textFor(flag, node, what, reader) : reader.boolean(node, what);
  if (value === undefined || env[variableOfFlag[name] ?? '']) return;
  command.setOptionValueWithSource(name, value, 'config');
}

function textFor(flag: Option, node: YamlNode, what: string, reader: YamlReader): unknown {
  if (typeof node.scalar === 'boolean' && flag.required) return reader.fault(node, `${what} must be a text, not ${node.scalar}`);
  const text = reader.string(node, what);
  if (text === '') return reader.fault(node, `${what} is empty`);
  if (text === undefined || flag.parseArg === undefined) return text;
  try {
    return flag.parseArg(text, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return reader.fault(node, `${what}: ${error.message}`);
  }
}
