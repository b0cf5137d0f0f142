import { Command, Help, InvalidArgumentError, Option } from 'commander';
import { GadgetError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';
import { defaultBufferBytes } from '../../../engine/configure.ts';
import { parseDurationMs } from '../../../engine/durations.ts';
import type { GadgetParam, GadgetSpec } from '../../../gadget/spec.ts';

import { type AbilityFlags, abilityOptions } from '../../ability-flags.ts';
import { type EnsureFlags, pullPolicies } from '../../ensure-image.ts';
import { registryOptions } from '../../registry-flags.ts';
import { verificationOptions } from '../../verification-flags.ts';

/** What `gadget run` takes beside the gadget's own params. */
export interface RunFlags extends EnsureFlags, AbilityFlags {
  output: string;
  fields?: string;
  filter: string[];
  filterExpr?: string;
  sort?: string;
  maxEntries?: string;
  mapFetchInterval?: string;
  mapFetchCount?: string;
  timeout?: number;
  number?: number;
  host?: boolean;
  self?: boolean;
  bufferSize: number;
  kernelBtf?: string;
  watch?: boolean;
  clang?: string;
  config?: string;
  color: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

const paramsGroup = 'Params of this gadget:';

/** Help that shows the gadget's params right behind the flags for running it, before those for getting it. */
const paramsFirst: Pick<Help, 'groupItems'> = {
  groupItems(...items) {
    const groups = Help.prototype.groupItems(...items);
    const rank = (title: string) => ['Options:', paramsGroup].indexOf(title) >>> 0;
    return new Map([...groups].sort(([a], [b]) => rank(a) - rank(b)));
  },
};

/** Params keep their long name even when a flag of ours has the short one. */
export const qualifiedPrefix = 'operator.oci.ebpf.';

/** The flags of `gadget run` that every gadget has. */
export function staticOptions(): Option[] {
  return [
    new Option('-o, --output <format>', 'columns, json, jsonpretty, yaml or none; `json=FILE` writes to a file').default('columns'),
    new Option(
      '--fields <list>',
      'fields to show: `a,b.c`, or `+a,-b` to add to and take from the default; per data source `ds:a,b;ds2:c`',
    ),
    new Option('-F, --filter <conditions>', 'show what meets all of `field==value,field~regexp`; operators == != < <= > >= ~ !~')
      .argParser((value: string, before: string[] = []) => [...before, value])
      .default([], 'none'),
    new Option('-E, --filter-expr <expression>', "show what an expression is true for: `proc.uid == 0 && comm in ['ssh', 'sudo']`"),
    new Option('--sort <list>', 'order of tables: `-cpu,comm`'),
    new Option('--max-entries <count>', 'rows of a table'),
    new Option('--map-fetch-interval <duration>', 'time between tables (0: only at the end)'),
    new Option('--map-fetch-count <count>', 'tables until the run ends (0: no end)'),
    new Option('-t, --timeout <duration>', 'end after this time: seconds, or 500ms, 1m').argParser(duration),
    new Option('-n, --number <count>', 'end after so many events').argParser(count),
    new Option('--host', 'show the host too (it always is, as long as no container is chosen)'),
    new Option('--self', 'show what this program itself causes'),
    new Option('--buffer-size <bytes>', 'size of the ring buffer: 8M, 512K').argParser(bytes).default(defaultBufferBytes, '8M'),
    new Option('--kernel-btf <file>', 'BTF of the running kernel, where it has none itself'),
    new Option('--watch', 'of a folder or file: build and attach again at every save'),
    new Option('--clang <program>', 'compiler for a folder or file'),
    new Option('--config <file>', 'configuration file, instead of those of the machine and the user'),
    new Option('--no-color', 'no colours (as NO_COLOR does)'),
    new Option('-q, --quiet', 'only errors on stderr'),
    new Option('-v, --verbose', 'say more: whole verifier logs, what was left out and why'),
    ...[
      new Option('--pull <policy>', 'when to ask the registry for the image').choices(pullPolicies).default('missing'),
      ...registryOptions({ clientCertificate: false }),
    ].map((option) => option.helpGroup('Registries:')),
    ...[...verificationOptions(), ...abilityOptions()].map((option) => option.helpGroup('Trust:')),
    // To undo what a configuration file says.
    ...['host', 'self', 'quiet', 'verbose'].map((name) => new Option(`--no-${name}`).hideHelp()),
    new Option('--color').hideHelp(),
  ];
}

/**
 * The command with every flag of this gadget; without a spec, with those all gadgets have. `applyConfig` gives the latter the defaults of
 * the configuration file. Errors: those of `applyConfig`.
 */
export function runCommand(spec: GadgetSpec | undefined, applyConfig: (command: Command) => void): Command {
  const command = new Command('gadget')
    .command('run')
    .usage(spec === undefined ? '<image|folder|file.bpf.c> [flags] [-- command…]' : `${safeText(spec.name)} [flags] [-- command…]`)
    .description(spec === undefined ? 'run a gadget: from an image, or straight from its source' : safeText(spec.metadata.description));
  command.configureHelp(paramsFirst);
  const own = staticOptions();
  for (const option of own) command.addOption(option);
  applyConfig(command);
  const taken = new Set(own.map((option) => option.attributeName()));
  for (const param of spec?.params ?? []) addParam(command, param, taken);
  return command;
}

function addParam(command: Command, param: GadgetParam, taken: Set<string>): void {
  const type = param.kind === 'bool' ? '' : param.kind === 'string' ? 'text' : param.kind;
  const describe = [param.description, `(${param.kind}, default: ${param.defaultValue === '' ? '""' : param.defaultValue})`]
    .join(' ')
    .trim();
  const option = (name: string) => new Option(`--${name} ${type === '' ? '[bool]' : `<${type}>`}`, safeText(describe));
  const short = option(param.key);
  const clash = taken.has(short.attributeName());
  if (!clash) {
    taken.add(short.attributeName());
    command.addOption(short.helpGroup(paramsGroup));
  }
  const long = option(qualifiedPrefix + param.key).helpGroup(paramsGroup);
  command.addOption(clash ? long : long.hideHelp());
}

/** The params that were set on the command line, by key. */
export function paramValues(command: Command, spec: GadgetSpec): Map<string, string> {
  const values = new Map<string, string>();
  const options = command.opts() as Record<string, unknown>;
  const ours = new Set(staticOptions().map((option) => option.attributeName()));
  for (const param of spec.params) {
    const short = new Option(`--${param.key} <x>`).attributeName();
    const value =
      options[new Option(`--${qualifiedPrefix}${param.key} <x>`).attributeName()] ?? (ours.has(short) ? undefined : options[short]);
    if (value !== undefined) values.set(param.key, String(value));
  }
  return values;
}

/** What a user typed after `gadget run`. */
export interface RunWords {
  /** The first word that is no flag and no flag's value, as far as that can be told before the gadget is known. */
  readonly target: string | undefined;
  readonly flags: string[];
  /** What stands after `--`. */
  readonly command: string[] | undefined;
}

export function splitWords(words: readonly string[]): RunWords {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const command = end < 0 ? undefined : words.slice(end + 1);
  const withValue = new Set(staticOptions().flatMap((option) => (option.required ? [option.short, option.long] : [])));
  for (let index = 0; index < own.length; index++) {
    const word = own[index]!;
    if (!word.startsWith('-')) return { target: word, flags: own.toSpliced(index, 1), command };
    if (withValue.has(word)) index++;
  }
  return { target: undefined, flags: [...own], command };
}

function duration(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof GadgetError ? (error.hint ?? error.message) : String(error));
  }
}

function count(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError('write a number above 0');
  return Number(text);
}

/** A power of two pages is what the kernel takes: the next one up. */
function bytes(text: string): number {
  const match = /^(\d+)([KMG]?)i?B?$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('write a size such as 8M, 512K or 65536');
  const size = Number(match[1]) * 1024 ** ' KMG'.indexOf(match[2]!.toUpperCase() || ' ');
  if (size < 4096 || size > 2 ** 30) throw new InvalidArgumentError('write a size between 4K and 1G');
  return 2 ** Math.ceil(Math.log2(size));
}
