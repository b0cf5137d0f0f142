import { UsageError } from '../../../base/errors.ts';
import { formatHost } from '../../../engine/format-host.ts';
import { type RunOptions, runGadget, type SourceOptions } from '../../../engine/run.ts';
import { Stacks } from '../../../engine/stacks.ts';
import { applyMetadata } from '../../../gadget/annotate.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { createKernel } from '../../../kernel/kernel.ts';
import type { Kernel } from '../../../kernel/types.ts';
import { addFormatters } from '../../../operators/format/add-formatters.ts';
import { openSink, type SinkTarget } from '../../../outputs/sink.ts';
import type { CliContext } from '../../context.ts';
import type { RunFlags } from './flags.ts';
import { outputFactory } from './outputs.ts';
import { checkPrivileges } from './privileges.ts';
import { fetchSchedule } from './schedule.ts';
import { selectorsFor } from './selectors.ts';
import { renderSummary } from './summary.ts';
import { reportTo } from './target.ts';

export interface RunRequest {
  readonly spec: GadgetSpec;
  readonly flags: RunFlags;
  /** Values of the gadget's params by key. */
  readonly params: ReadonlyMap<string, string>;
  readonly context: CliContext;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** Runs a gadget once with what the command line says, and tells at the end what was delivered and lost. */
export async function runOnce({ spec, flags, params, context, signal }: RunRequest): Promise<void> {
  if (spec.sources.length === 0) throw new UsageError('USAGE', `${spec.name} has no data source that can be shown`);
  const kernel = createKernel();
  checkPrivileges(kernel);
  const stacks = new Stacks();
  const host = formatHost(kernel, spec.architecture, stacks);
  for (const { dataSource } of spec.sources) {
    addFormatters(dataSource, host);
    // Again: gadget.yaml also speaks of the fields that formatters have just added.
    applyMetadata(dataSource, spec.metadata);
  }
  const { format, target } = splitOutput(flags.output);
  const sink = openSink(target);
  const timeout = flags.timeout === undefined ? undefined : AbortSignal.timeout(flags.timeout);
  try {
    const summary = await runGadget({
      ...runOptions(spec, flags, kernel),
      params,
      signal: timeout === undefined ? signal : AbortSignal.any([signal, timeout]),
      outputs: outputFactory({ format, flags, spec, context, target }),
      sink,
      report: reportTo(context),
      onLoaded: (object) => stacks.use(object),
      onReady: () => announce(spec, context),
    });
    if (!context.quiet) context.stderr.write(renderSummary(summary));
  } finally {
    await sink.end();
  }
}

function runOptions(
  spec: GadgetSpec,
  flags: RunFlags,
  kernel: Kernel,
): Omit<RunOptions, 'params' | 'signal' | 'outputs' | 'sink' | 'report'> {
  const names = spec.sources.map(({ dataSource }) => dataSource.name);
  const sources = new Map<string, SourceOptions>();
  for (const source of spec.sources) {
    const schedule = fetchSchedule(source, flags, spec, names);
    sources.set(source.dataSource.name, { ...selectorsFor(source.dataSource, flags, names, spec), schedule });
  }
  return {
    spec,
    kernel,
    sources,
    bufferBytes: flags.bufferSize,
    showOwn: flags.self === true,
    maxRecords: flags.number,
    ...(flags.kernelBtf === undefined ? {} : { kernelBtfPath: flags.kernelBtf }),
  };
}

/** `json=FILE` writes to a file; without one, to stdout. */
function splitOutput(text: string): { format: string; target: SinkTarget } {
  const equals = text.indexOf('=');
  if (equals < 0) return { format: text, target: 'stdout' };
  return { format: text.slice(0, equals), target: { file: text.slice(equals + 1) } };
}

/** Tools that start something once the gadget sees it wait for this line; a person sees the events themselves. */
function announce(spec: GadgetSpec, context: CliContext): void {
  if (context.env['GADGET_READY'] !== undefined || context.verbose) context.stderr.write(`${spec.name}: attached\n`);
}
