import type { Report } from '../base/diagnostics.ts';
import { GadgetError } from '../base/errors.ts';
import type { GadgetSpec } from '../gadget/spec.ts';
import { KernelError } from '../kernel/errors.ts';
import type { BpfObject, Kernel } from '../kernel/types.ts';
import { AttachFailure, type Attachment, attachPrograms } from './attach.ts';
import { type ConfigureOptions, configureObject } from './configure.ts';
import { Plan } from './plan.ts';

export interface LoadOptions extends ConfigureOptions {
  readonly kernelBtfPath?: string;
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
  const plan = new Plan(spec);
  for (;;) {
    const loaded = tryPlan(spec, kernel, plan, options);
    if (loaded !== undefined) return loaded;
  }
}

/** Undefined when a program was refused and the plan has changed. */
function tryPlan(spec: GadgetSpec, kernel: Kernel, plan: Plan, options: LoadOptions): LoadedGadget | undefined {
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
    ...(options.kernelBtfPath === undefined ? {} : { kernelBtfPath: options.kernelBtfPath }),
  });
  try {
    configureObject(object, spec, kernel, chosen, options);
    object.load();
    options.prepare(object);
    return { object, attachments: attachPrograms(object, spec, kernel, chosen), leftOut: plan.refused };
  } catch (error) {
    object.close();
    const refused = refusedProgram(error);
    if (refused === undefined || !plan.refuse(refused, reasonOf(error))) throw error instanceof AttachFailure ? error.cause : error;
    options.report({ severity: 'debug', message: `program ${refused} is left out: ${reasonOf(error)}` });
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

/** The kernel takes letters, digits, `_` and `.`; libbpf cuts at 15. */
function objectName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15) || 'gadget';
}
