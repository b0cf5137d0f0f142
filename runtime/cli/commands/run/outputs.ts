import { UsageError } from '../../../base/errors.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { partFor, selectFields } from '../../../operators/select/fields.ts';
import { ColumnsOutput } from '../../../outputs/columns.ts';
import { defaultColumns } from '../../../outputs/columns-default.ts';
import { JsonOutput } from '../../../outputs/json.ts';
import { NoOutput } from '../../../outputs/none.ts';
import type { SinkTarget } from '../../../outputs/sink.ts';
import { YamlOutput } from '../../../outputs/yaml.ts';
import type { Output, OutputFactory } from '../../../pipeline/output.ts';
import { type DataSource, type Field, walkFields } from '../../../schema/data-source.ts';
import type { CliContext } from '../../context.ts';
import type { RunFlags } from './flags.ts';

/** What an output is made from. */
interface OutputRequest {
  readonly dataSource: DataSource;
  /** What `--fields` chose; undefined when it was not used. */
  readonly selectedFields: readonly Field[] | undefined;
  /** Undefined when output does not go to a terminal. */
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
  /** Several data sources write between each other's lines: none can take the place of its own. */
  readonly shared: boolean;
}

/** Every format by the name that `-o` takes. */
const formats: Readonly<Record<string, (request: OutputRequest) => Output>> = {
  columns: ({ dataSource, selectedFields, terminal, shared }) =>
    new ColumnsOutput(dataSource, { ...optional({ selectedFields }), ...optional({ terminal }), refresh: !shared }),
  json: ({ dataSource, selectedFields }) => new JsonOutput(dataSource, optional({ selectedFields })),
  jsonpretty: ({ dataSource, selectedFields }) => new JsonOutput(dataSource, { ...optional({ selectedFields }), pretty: true }),
  yaml: ({ dataSource, selectedFields }) => new YamlOutput(dataSource, optional({ selectedFields })),
  none: () => new NoOutput(),
};

/** Makes the output of each data source: `-o json` for all, `-o ds:json,ds2:none` for each. Errors: USAGE, UNKNOWN_FIELD. */
export function outputFactory(options: {
  format: string;
  flags: RunFlags;
  spec: GadgetSpec;
  context: CliContext;
  target: SinkTarget;
}): OutputFactory {
  const { flags, spec, context } = options;
  const names = spec.sources.map(({ dataSource }) => dataSource.name);
  const terminal = options.target === 'stdout' ? terminalOf(context) : undefined;
  return {
    create(dataSource) {
      const format = formatFor(options.format, dataSource, names);
      const make = Object.hasOwn(formats, format) ? formats[format] : undefined;
      if (make === undefined)
        throw new UsageError('USAGE', `there is no output format "${format}"`, { hint: `formats are ${Object.keys(formats).join(', ')}` });
      return make({ dataSource, selectedFields: chosenFields(flags, dataSource, names, format), terminal, shared: names.length > 1 });
    },
  };
}

/** What the user asked for; what the data source prefers, when it is columns by default and the gadget says otherwise. */
function formatFor(text: string, dataSource: DataSource, names: readonly string[]): string {
  const named = partFor('output', text.replaceAll(',', ';'), dataSource.name, names);
  return named ?? dataSource.annotations.get('cli.default-output-mode') ?? 'columns';
}

function chosenFields(flags: RunFlags, dataSource: DataSource, names: readonly string[], format: string): readonly Field[] | undefined {
  if (flags.fields === undefined) return undefined;
  const part = partFor('fields', flags.fields, dataSource.name, names);
  if (part === undefined) return undefined;
  const defaults =
    format === 'columns' ? defaultColumns(dataSource) : [...walkFields(dataSource.fields)].filter((field) => field.kind !== 'struct');
  return selectFields(dataSource, part, defaults);
}

function terminalOf(context: CliContext): OutputRequest['terminal'] {
  const { stdout } = context;
  if (stdout.isTTY !== true) return undefined;
  // Getters: the window may change while the run goes on.
  return {
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
  };
}

/** An object without the properties that are undefined. */
function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
