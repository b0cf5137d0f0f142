import { closestName } from '../base/closest-name.ts';

/**
 * Annotations that something reads, or that images elsewhere carry. Others that look like these warn when a gadget is built.
 * A `*` stands for any ending.
 */
export const dataSourceAnnotations: readonly string[] = [
  'description',
  'fetch-interval',
  'fetch-count',
  'ebpf.map.flush-on-stop',
  'ebpf.iter.fetch-on-stop',
  'ebpf.rest.name',
  'ebpf.rest.len',
  'cli.supported-output-modes',
  'cli.default-output-mode',
  'cli.clear-screen-before',
  'cli.raw.fields',
  'pcap.payload',
  'pcap.timestamp',
  'pcap.packet-length',
  'metrics.collect',
  'metrics.print',
  'metrics.implicit-counter.name',
  'metrics.implicit-counter.description',
  'logs.name',
  'logs.body',
  'logs.severity',
  'logs.array-handling',
  'profiles.stack-fields',
  'profiles.value-field',
  'profiles.name',
  'profiles.type',
  'profiles.unit',
  'kubenameresolver.enable',
  'generate_networkpolicy.enable',
  'env.fields.*',
  'views.*',
];

const formatters = ['timestamp', 'syscall', 'signal', 'errno', 'bytes', 'duration', 'file_mode', 'file_flags'];

/** Annotations of fields; the same rules. */
export const fieldAnnotations: readonly string[] = [
  'description',
  'value.one-of',
  'template',
  'columns.width',
  'columns.minwidth',
  'columns.maxwidth',
  'columns.alignment',
  'columns.ellipsis',
  'columns.hidden',
  'columns.fixed',
  'columns.hex',
  'columns.precision',
  'columns.alias',
  'columns.replace',
  'json.skip',
  'metrics.type',
  'metrics.name',
  'metrics.description',
  'metrics.unit',
  'metrics.boundaries',
  'logs.name',
  'profiles.sample-attribute',
  'pcap.interface-key',
  'pcap.interface-var',
  ...formatters.map((name) => `formatters.${name}.target`),
  'formatters.timestamp.format',
  'formatters.list.separator',
  'formatters.list.length',
  'formatters.list.target',
  'ebpf.formatter.enum',
  'ebpf.formatter.bitfield.separator',
  'ebpf.formatter.kstack',
  'uidgidresolver.target',
  'content-type',
];

/** Whether this key, given in lower case, is of the list, or is another tool's: its first word is none of the list's, and none is near it. */
export function isFineAnnotation(known: readonly string[], key: string): boolean {
  if (known.some((name) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name))) return true;
  return !known.some((name) => firstWord(name) === firstWord(key)) && closestName(key, known) === undefined;
}

function firstWord(key: string): string {
  return key.split('.', 1)[0]!;
}
