import { existsSync } from 'node:fs';
import { loadGadgetSpec, specFromParts } from '../../../gadget/from-image.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { parseImageReference } from '../../../oci/image-reference.ts';
import { defaultRegistryOf } from '../../../oci/own-gadgets.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import type { CliContext } from '../../context.ts';
import { type EnsureFlags, ensureImage } from '../../ensure-image.ts';
import { hostArchitecture } from '../../host-architecture.ts';
import { explainMissingImage } from '../../missing-image.ts';
import { reportTo } from '../../report.ts';

/** A folder or file, as opposed to an image: a path that says so by how it begins, or an existing `*.bpf.c`. */
export function isSource(target: string): boolean {
  return target === '.' || target === '..' || /^(\/|\.\/|\.\.\/)/.test(target) || (target.endsWith('.bpf.c') && existsSync(target));
}

export interface LoadTargetOptions {
  readonly flags: EnsureFlags & { readonly clang?: string };
  /** Ends a build. */
  readonly signal: AbortSignal;
}

/** The gadget that a user named: built on the spot from a folder or file, or read from the local stores. */
export async function loadTarget(target: string, { flags, signal }: LoadTargetOptions, context: CliContext): Promise<GadgetSpec> {
  const report = reportTo(context);
  if (!isSource(target)) {
    try {
      const reference = parseImageReference(target, { defaultRegistry: defaultRegistryOf(context.env) });
      const { store, image } = await ensureImage(reference, flags, context);
      const name = reference.repository.split('/').at(-1)!;
      return await loadGadgetSpec(store, image.descriptor, hostArchitecture(), { report, name });
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
  return specFromParts(parts, report);
}
