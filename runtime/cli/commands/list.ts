import type { Command } from 'commander';
import { safeText } from '../../base/safe-text.ts';
import type { ProgramKind, ProgramSpec } from '../../gadget/spec.ts';
import type { KernelFeatures } from '../../kernel/types.ts';
import type { CliContext } from '../context.ts';
import { hostArchitecture } from './run/target.ts';

interface ListedGadget {
  readonly name: string;
  readonly description: string;
  /** Why this kernel cannot run it; undefined when it can. */
  readonly missing: string | undefined;
}

/** `gadget list`: the gadgets at hand, and which of them this kernel can run. */
export function register(program: Command, context: CliContext): void {
  program
    .command('list')
    .description('show the gadgets at hand, and which of them this kernel can run')
    .option('-o, --output <format>', 'columns or json', 'columns')
    .action(async (options: { output: string }) => {
      const gadgets = await listGadgets(context);
      if (options.output === 'json') context.stdout.write(`${JSON.stringify(gadgets)}\n`);
      else context.stdout.write(table(gadgets));
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
  for (const { name, descriptor } of await store.list()) {
    const spec = await loadGadgetSpec(store, descriptor, hostArchitecture(), { name: shortName(name) });
    gadgets.push({ name: spec.name, description: spec.metadata.description, missing: missingFor(spec.programs, features) });
  }
  return gadgets.sort((a, b) => a.name.localeCompare(b.name));
}

/** `registry/folder/trace_open:latest` → `trace_open`. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
}

/** The first program that has to be there and cannot; programs with variants or marked optional can be done without. */
function missingFor(programs: readonly ProgramSpec[], features: KernelFeatures): string | undefined {
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

function table(gadgets: readonly ListedGadget[]): string {
  const width = Math.max(8, ...gadgets.map(({ name }) => name.length));
  const rows = gadgets.map(({ name, description, missing }) => {
    const note = missing === undefined ? '' : ` [not on this kernel: ${safeText(missing)}]`;
    return `${safeText(name).padEnd(width)}  ${safeText(description)}${note}\n`;
  });
  return `${'GADGET'.padEnd(width)}  DESCRIPTION\n${rows.join('')}`;
}
