import type { Command } from 'commander';
import { GadgetError } from '../../base/errors.ts';
import type { ProgramKind, ProgramSpec } from '../../gadget/spec.ts';
import type { KernelFeatures } from '../../kernel/types.ts';
import type { CliContext } from '../context.ts';
import { hostArchitecture } from '../host-architecture.ts';
import { shortName } from '../missing-image.ts';
import { outputFormat, renderDocument } from '../render-document.ts';
import { renderTable } from '../render-table.ts';

const formats = ['columns', 'json', 'jsonpretty', 'yaml'] as const;

interface ListedGadget {
  readonly name: string;
  readonly description: string;
  /** Why it cannot be run here; undefined when it can. */
  readonly missing: string | undefined;
}

/** `gadget list`: the gadgets at hand, and which of them this kernel can run. */
export function register(program: Command, context: CliContext): void {
  program
    .command('list')
    .description('show the gadgets at hand, and which of them this kernel can run')
    .option('-o, --output <format>', formats.join(', '), 'columns')
    .action(async (options: { output: string }) => {
      const format = outputFormat(options.output, formats);
      const gadgets = await listGadgets(context);
      const width = context.stdout.isTTY === true ? context.stdout.columns : undefined;
      context.stdout.write(format === 'columns' ? table(gadgets, width) : renderDocument(gadgets.map(listedDocument), format));
      if (gadgets.length === 0 && !context.quiet) context.stderr.write('no gadgets in the local store: "gadget build" makes one\n');
    });
}

async function listGadgets(context: CliContext): Promise<ListedGadget[]> {
  const [{ openReadableStores }, { loadGadgetSpec }, { createKernel }] = await Promise.all([
    import('../../oci/store/layered-store.ts'),
    import('../../gadget/from-image.ts'),
    import('../../kernel/kernel.ts'),
  ]);
  const store = openReadableStores(context.env);
  const { features } = createKernel();
  const gadgets: ListedGadget[] = [];
  for (const image of await store.list()) {
    const name = shortName(image.name);
    try {
      const spec = await loadGadgetSpec(store, image.descriptor, hostArchitecture(), { name });
      gadgets.push({ name: spec.name, description: spec.metadata.description, missing: missingFor(spec.programs, features) });
    } catch (error) {
      // One bad image does not hide the others.
      if (!(error instanceof GadgetError)) throw error;
      gadgets.push({ name, description: '', missing: error.message });
    }
  }
  return gadgets.sort((a, b) => a.name.localeCompare(b.name));
}

function listedDocument({ name, description, missing }: ListedGadget) {
  return { name, description, runnable: missing === undefined, ...(missing === undefined ? {} : { missing }) };
}

/** The first program that has to be there and cannot; programs with variants or marked optional can be done without. */
function missingFor(programs: readonly ProgramSpec[], features: KernelFeatures): string | undefined {
  if (!features.hasBtf()) return 'the kernel has no BTF (/sys/kernel/btf/vmlinux); --kernel-btf FILE gives it';
  const variants = new Set(programs.flatMap((program) => program.alternatives));
  const byName = new Map(programs.map((program) => [program.name, program]));
  const lacks = (program: ProgramSpec) => whyNot(program, features);
  for (const program of programs) {
    if (program.disabled || program.optional || variants.has(program.name)) continue;
    const choices = [program, ...program.alternatives.flatMap((name) => byName.get(name) ?? [])];
    const why = choices.map(lacks);
    if (why.every((reason) => reason !== undefined)) return why[0];
  }
  return undefined;
}

const probedAs: Partial<Record<ProgramKind, Parameters<KernelFeatures['programKind']>[0]>> = {
  tracepoint: 'tracepoint',
  raw_tracepoint: 'raw_tracepoint',
  tp_btf: 'tp_btf',
  fentry: 'fentry',
  fexit: 'fentry',
  kprobe: 'kprobe',
  kretprobe: 'kprobe',
  uprobe: 'uprobe',
  uretprobe: 'uprobe',
  iter: 'iter',
  perf_event: 'perf_event',
  lsm: 'lsm',
};

function whyNot(program: ProgramSpec, features: KernelFeatures): string | undefined {
  const kind = probedAs[program.kind];
  if (kind === undefined) return `${program.kind} programs cannot be attached`;
  const probe = features.programKind(kind);
  if (probe.supported === false) return probe.why ?? `no ${kind}`;
  if (program.kind !== 'tracepoint') return undefined;
  const [category = '', name = ''] = program.target.split('/');
  return features.tracepointExists(category, name) ? undefined : `no tracepoint ${program.target}`;
}

function table(gadgets: readonly ListedGadget[], width: number | undefined): string {
  return renderTable(
    ['GADGET', 'DESCRIPTION'],
    gadgets.map(({ name, description, missing }) => {
      const note = missing === undefined ? '' : `[not here: ${missing}]`;
      return [name, [description, note].filter((part) => part !== '').join(' ')];
    }),
    { width },
  );
}
