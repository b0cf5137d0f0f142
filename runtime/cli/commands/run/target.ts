import { existsSync } from 'node:fs';
import { loadGadgetSpec, specFromParts } from '../../../gadget/from-image.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { createKernel } from '../../../kernel/kernel.ts';
import { parseImageReference } from '../../../oci/image-reference.ts';
import { defaultRegistryOf } from '../../../oci/own-gadgets.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import type { CliContext } from '../../context.ts';
import { type EnsureFlags, ensureImage } from '../../ensure-image.ts';
import { hostArchitecture } from '../../host-architecture.ts';
import { explainMissingImage } from '../../missing-image.ts';
import { reportTo } from '../../report.ts';
import { kernelBtfInImage } from './image-kernel-btf.ts';

/** A folder or file, as opposed to an image: a path that says so by how it begins, or an existing `*.bpf.c`. */
export function isSource(target: string): boolean {
  return target === '.' || target === '..' || /^(\/|\.\/|\.\.\/)/.test(target) || (target.endsWith('.bpf.c') && existsSync(target));
}

export interface LoadTargetOptions {
  readonly flags: EnsureFlags & { readonly clang?: string; readonly kernelBtf?: string };
  /** Ends a build. */
  readonly signal: AbortSignal;
}

/** A gadget that can be run. */
export interface Target {
  readonly spec: GadgetSpec;
  /** What the image brings for a kernel without BTF. */
  readonly kernelBtf?: Uint8Array | undefined;
}

/** The gadget that a user named: built on the spot from a folder or file, or read from the local stores. */
export async function loadTarget(target: string, { flags, signal }: LoadTargetOptions, context: CliContext): Promise<Target> {
  const report = reportTo(context);
  if (!isSource(target)) {
    try {
      const reference = parseImageReference(target, { defaultRegistry: defaultRegistryOf(context.env) });
      const { store, image } = await ensureImage(reference, flags, context);
      const name = reference.repository.split('/').at(-1)!;
      const spec = await loadGadgetSpec(store, image.descriptor, hostArchitecture(), { report, name });
      if (flags.kernelBtf !== undefined || createKernel().features.hasBtf()) return { spec };
      const root = context.env['HOST_ROOT'] ?? '/';
      return { spec, kernelBtf: await kernelBtfInImage(store, image.descriptor, { name, root, report }) };
    } catch (error) {
      throw await explainMissingImage(error, target, openReadableStores(context.env), context);
    }
  }
  const { buildForHost } = await import('../../../../builder/build-for-host.ts');
  const { env, cwd } = context;
  const parts = await buildForHost({
    path: target,
    architecture: hostArchitecture(),
    env,
    cwd,
    report,
    signal,
    ...(flags.clang === undefined ? {} : { clang: flags.clang }),
  });
  return { spec: specFromParts(parts, report) };
}
