import { GadgetSpecError, UsageError } from '../../../base/errors.ts';
import { firstAbort } from '../../../base/first-abort.ts';
import { safeText } from '../../../base/safe-text.ts';
import { formatHost } from '../../../engine/format-host.ts';
import { runGadget, type SourceOptions } from '../../../engine/run.ts';
import { Stacks } from '../../../engine/stacks.ts';
import { applyMetadata } from '../../../gadget/annotate.ts';
import { type ForeignImage, labelledPrograms } from '../../../gadget/foreign/foreign-image.ts';
import { imageKinds } from '../../../gadget/foreign/image-kind.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { createKernel } from '../../../kernel/kernel.ts';
import type { Kernel } from '../../../kernel/types.ts';
import { addFormatters } from '../../../operators/format/add-formatters.ts';
import { openSink, type SinkTarget } from '../../../outputs/sink.ts';
import { checkAbilities } from '../../ability-flags.ts';
import type { CliContext } from '../../context.ts';
import { reportTo } from '../../report.ts';
import { CommandTrace } from './command-trace.ts';
import type { RunFlags } from './flags.ts';
import { withBtfFile } from './image-kernel-btf.ts';
import { outputFactory } from './outputs.ts';
import { fetchSchedule } from './schedule.ts';
import { selectorsFor } from './selectors.ts';
import { renderSummary } from './summary.ts';
import { type CommandEnd, renderCommandEnd, statusOf } from './traced-command.ts';

export interface RunRequest {
  readonly spec: GadgetSpec;
  /** BTF of the running kernel, which has none itself and none was named with a flag. */
  readonly kernelBtf?: Uint8Array | undefined;
  readonly flags: RunFlags;
  /** Values of the gadget's params by key. */
  readonly params: ReadonlyMap<string, string>;
  /** What to run and trace: its events and its children's are shown, and the run ends with it. */
  readonly command: readonly string[] | undefined;
  readonly context: CliContext;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Runs a gadget once with what the command line says, and tells at the end what was delivered and lost. The status of a traced command
 * becomes that of the process.
 */
export async function runOnce(request: RunRequest): Promise<void> {
  const { spec, kernelBtf, flags, context } = request;
  checkAbilities(spec, flags, reportTo(context));
  if (spec.sources.length === 0) throw noDataSource(spec);
  if (kernelBtf === undefined) return await runWithCommand(request);
  await withBtfFile(kernelBtf, (path) => runWithCommand({ ...request, flags: { ...flags, kernelBtf: path } }));
}

async function runWithCommand(request: RunRequest): Promise<void> {
  const { spec, flags, command, context } = request;
  const kernel = createKernel();
  if (command === undefined) return runAndTell(request, kernel, undefined);
  refuseMoments(spec, flags);
  const trace = await CommandTrace.start(command, { kernel, report: reportTo(context), ...kernelBtfOf(flags) });
  try {
    await runAndTell(request, kernel, trace);
  } finally {
    const end = await trace.stop();
    if (end !== undefined && !request.signal.aborted) tellEnd(end, context);
  }
}

async function runAndTell(request: RunRequest, kernel: Kernel, trace: CommandTrace | undefined): Promise<void> {
  const { spec, flags, context } = request;
  const stacks = new Stacks();
  addReadableFields(spec, kernel, stacks);
  const { format, target } = splitOutput(flags.output);
  const sink = openSink(target);
  try {
    const summary = await runGadget({
      spec,
      kernel,
      sink,
      params: request.params,
      sources: sourceOptions(spec, flags, trace),
      bufferBytes: flags.bufferSize,
      showOwn: flags.self === true,
      maxRecords: flags.number,
      ...kernelBtfOf(flags),
      signal: firstAbort(endsOf(request, trace), flags.timeout),
      outputs: outputFactory({ format, flags, spec, context, target }),
      report: reportTo(context),
      onLoaded: (object) => stacks.use(object, spec.variables),
      onReady: () => {
        announce(spec, flags, context);
        trace?.release();
      },
    });
    if (!context.quiet) context.stderr.write(renderSummary(summary));
  } finally {
    stacks.close();
    await sink.end();
  }
}

function addReadableFields(spec: GadgetSpec, kernel: Kernel, stacks: Stacks): void {
  const host = formatHost(kernel, spec.architecture, stacks);
  for (const { dataSource } of spec.sources) {
    addFormatters(dataSource, host);
    // Again: gadget.yaml also speaks of the fields that formatters have just added.
    applyMetadata(dataSource, spec.metadata);
  }
}

function sourceOptions(spec: GadgetSpec, flags: RunFlags, trace: CommandTrace | undefined): Map<string, SourceOptions> {
  const names = spec.sources.map(({ dataSource }) => dataSource.name);
  const sources = new Map<string, SourceOptions>();
  for (const source of spec.sources) {
    const { dataSource } = source;
    const { filter, arrange } = selectorsFor(dataSource, flags, names, spec);
    const schedule = fetchSchedule(source, flags, spec, names);
    sources.set(dataSource.name, { filter: trace === undefined ? filter : trace.narrow(dataSource, filter), arrange, schedule });
  }
  return sources;
}

/** What ends the run, beside its own end and its time. */
function endsOf({ signal }: RunRequest, trace: CommandTrace | undefined): AbortSignal[] {
  return trace === undefined ? [signal] : [signal, trace.over];
}

/** A gadget that looks once would look before the command has done anything, and end it. Errors: USAGE. */
function refuseMoments(spec: GadgetSpec, flags: RunFlags): void {
  const names = spec.sources.map(({ dataSource }) => dataSource.name);
  const looksOnce = spec.sources.every(
    (source) => source.origin.kind === 'iterator' && fetchSchedule(source, flags, spec, names).count === 1,
  );
  if (!looksOnce) return;
  throw new UsageError('USAGE', `${spec.name} shows one moment, so there is no command to wait for`, {
    hint: 'with --map-fetch-interval 1s --map-fetch-count 0 it looks every second, until the command ends',
  });
}

function tellEnd(end: CommandEnd, context: CliContext): void {
  context.exitStatus = statusOf(end);
  if (!context.quiet) context.stderr.write(renderCommandEnd(end));
}

function kernelBtfOf(flags: RunFlags): { kernelBtfPath?: string } {
  return flags.kernelBtf === undefined ? {} : { kernelBtfPath: flags.kernelBtf };
}

/** `json=FILE` writes to a file; without one, to stdout. */
function splitOutput(text: string): { format: string; target: SinkTarget } {
  const equals = text.indexOf('=');
  if (equals < 0) return { format: text, target: 'stdout' };
  return { format: text.slice(0, equals), target: { file: text.slice(equals + 1) } };
}

/** Tools that start something once the gadget sees it wait for this line; a person sees the events themselves, but in the loop of `--watch`. */
function announce(spec: GadgetSpec, { watch }: RunFlags, context: CliContext): void {
  if (context.env['GADGET_READY'] === undefined && !context.verbose && (watch !== true || context.quiet)) return;
  context.stderr.write(`${safeText(spec.name)}: attached\n`);
}

function noDataSource(spec: GadgetSpec): GadgetSpecError {
  if (spec.foreign !== undefined) return nothingToShow(spec.name, spec.foreign);
  const operators = [...new Set([...spec.metadata.operatorSettings.keys()].map((key) => key.split('.')[0]!))];
  return new GadgetSpecError('SPEC_INVALID', `${spec.name} has no data source that can be shown`, {
    hint:
      operators.length === 0
        ? 'declare one in its source: GADGET_TRACER, GADGET_MAPITER or GADGET_ITER'
        : `it is made by the operator ${operators.join(', ')}, which is not part of this program`,
  });
}

function nothingToShow(name: string, { kind, labels }: ForeignImage): GadgetSpecError {
  const programs = labelledPrograms(labels);
  const message = `${name} is ${imageKinds[kind]}, and none of its maps can be shown`;
  return new GadgetSpecError('SPEC_INVALID', message, programs === undefined ? {} : { hint: `its programs: ${programs}` });
}
