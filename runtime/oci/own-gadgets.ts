import type { ImageReference } from './image-reference.ts';
import { parseImageReference, standardDefaultRegistry } from './image-reference.ts';

/** The configured default registry: GADGET_DEFAULT_REGISTRY, else the standard one. */
export function defaultRegistryOf(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const configured = env['GADGET_DEFAULT_REGISTRY'];
  return configured === undefined || configured === '' ? standardDefaultRegistry : configured;
}

/** Where the project's own gadget of that name is kept: `<default registry prefix>/<name>:latest`, which the bare name means. */
export function defaultGadgetReference(name: string, env: Readonly<Record<string, string | undefined>> = process.env): ImageReference {
  return parseImageReference(name, { defaultRegistry: defaultRegistryOf(env) });
}
