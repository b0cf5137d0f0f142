import type { Report } from '../base/diagnostics.ts';
import { GadgetError, type GadgetSpecError } from '../base/errors.ts';
import { mapTypeName } from '../gadget/map-type-names.ts';
import type { GadgetSpec } from '../gadget/spec.ts';
import { KernelError } from '../kernel/errors.ts';
import type { BpfObject, Kernel } from '../kernel/types.ts';
import { absentTargets } from './absent-targets.ts';
import { AttachFailure, type Attachment, type AttachPlace, attachPrograms } from './attach.ts';
import { unattachable } from './attachable.ts';
import { type ConfigureOptions, configureObject } from './configure.ts';
import { checkKernelBtfFile } from './kernel-btf-file.ts';
import { Plan } from './plan.ts';
import { symbolsOnce } from './uprobe-target.ts';

export interface LoadOptions extends ConfigureOptions {
  readonly report: Report;
  /** Called with the loaded object before anything is attached, so that no event passes unread. */
  readonly prepare: (object: BpfObject) => void;
}

/** A gadget in the kernel: loaded, attached. Whoever holds it closes it. */
export interface LoadedGadget {
  readonly object: BpfObject;
  readonly attachments: readonly Attachment[];
  /** Programs left out, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * Opens, configures, loads and attaches, going on without what the gadget marks as optional and trying its variants in order.
 * On an error nothing stays in the kernel. Errors: LOAD_REJECTED, ATTACH_FAILED and what `configureObject` throws.
 */
export function loadGadget(spec: GadgetSpec, kernel: Kernel, options: LoadOptions): LoadedGadget {
  if (options.kernelBtfPath !== undefined) checkKernelBtfFile(options.kernelBtfPath);
  const plan = new Plan(spec);
  refuseUnattachable(plan, spec, options.report);
  const place = { spec, kernel, symbols: symbolsOnce() };
  leaveOutAbsent(plan, place, options.report);
  for (;;) {
    const loaded = tryPlan(place, plan, options);
    if (loaded !== undefined) return loaded;
  }
}

/** Leaves out, before the kernel is asked, what cannot be attached on any machine. */
function refuseUnattachable(plan: Plan, spec: GadgetSpec, report: Report): void {
  for (let error = firstUnattachable(plan, spec); error !== undefined; error = firstUnattachable(plan, spec)) leaveOut(plan, error, report);
}

function firstUnattachable(plan: Plan, spec: GadgetSpec): GadgetSpecError | undefined {
  for (const program of plan.chosen()) {
    const error = unattachable(spec, program);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Goes on without the program that an error is about, or throws the error. */
function leaveOut(plan: Plan, error: unknown, report: Report): void {
  const refused = refusedProgram(error);
  if (refused === undefined || !plan.refuse(refused, reasonOf(error))) throw error instanceof AttachFailure ? error.cause : error;
  report({ severity: 'debug', message: `program ${refused} is left out: ${reasonOf(error)}` });
}

/** Goes on without probes of libraries and functions that are not installed, and says so of those that are not optional. */
function leaveOutAbsent(plan: Plan, { spec, symbols }: AttachPlace, report: Report): void {
  const absent = absentTargets(plan.chosen(), symbols);
  for (const { program, why } of absent) plan.refuse(program.name, why);
  for (const why of new Set(absent.map((target) => target.why))) {
    const programs = absent.filter((target) => target.why === why).map(({ program }) => program);
    const severity = programs.every(({ optional }) => optional) ? 'debug' : 'warning';
    report({ severity, message: `${spec.name} goes on without ${programs.map(({ name }) => name).join(', ')}: ${why}` });
  }
}

/** Undefined when a program was refused and the plan has changed. */
function tryPlan(place: AttachPlace, plan: Plan, options: LoadOptions): LoadedGadget | undefined {
  const { spec, kernel } = place;
  const chosen = plan.chosen();
  if (chosen.length === 0) {
    const why = [...plan.refused].map(([name, reason]) => `${name}: ${reason}`).join('; ');
    throw new KernelError('ATTACH_FAILED', `none of the programs of ${spec.name} can run here${why === '' ? '' : ` (${why})`}`, {
      errno: 0,
      operation: 'attach',
    });
  }
  const object = kernel.openObject(spec.object!, {
    name: objectName(spec.name),
    title: spec.name,
    ...(options.kernelBtfPath === undefined ? {} : { kernelBtfPath: options.kernelBtfPath }),
  });
  try {
    configureObject(object, spec, kernel, chosen, options);
    object.load();
    options.prepare(object);
    return { object, attachments: attachPrograms(object, place, chosen), leftOut: plan.refused };
  } catch (error) {
    object.close();
    leaveOut(plan, withMapShape(error, object), options.report);
    return undefined;
  }
}

/** Which program an error is about, if it is about one. */
function refusedProgram(error: unknown): string | undefined {
  if (error instanceof AttachFailure) return error.program;
  if (!(error instanceof GadgetError)) return undefined;
  const program = error.context['program'];
  return typeof program === 'string' ? program : undefined;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof AttachFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Which map the kernel refused is known by name; whoever reads it wants to see its size. */
function withMapShape(error: unknown, object: BpfObject): unknown {
  if (!(error instanceof KernelError) || error.code !== 'MAP_REJECTED') return error;
  const map = object.maps.find(({ name }) => name === error.context['map']);
  if (map === undefined) return error;
  const { errno, operation, context, message, cause } = error;
  const shape = `${mapTypeName(map.type)}, ${map.maxEntries} entries, keys of ${map.keySize} and values of ${map.valueSize} bytes`;
  return new KernelError('MAP_REJECTED', `${message}; it is declared as ${shape}`, {
    errno,
    operation,
    context,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The kernel takes letters, digits, `_` and `.`; libbpf cuts at 15. */
function objectName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15) || 'gadget';
}
