import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { closestName } from '../base/closest-name.ts';
import { type ErrorCode, GadgetError, ImageError } from '../base/errors.ts';
import type { ReadableStore } from '../oci/content-store.ts';
import { parseImageReference } from '../oci/image-reference.ts';
import { defaultRegistryOf } from '../oci/own-gadgets.ts';
import type { CliContext } from './context.ts';

const general = '"gadget image list" shows what there is, "gadget build" makes one';

/** What to do about a name that no local image has: the folder of that name, or the image whose name comes near. */
export async function missingImageHint(typed: string, store: ReadableStore, context: CliContext): Promise<string> {
  if (existsSync(resolve(context.cwd, typed))) return `there is a file or folder of that name: write ./${typed} to run it`;
  return (await nearestImageHint(typed, store, context)) ?? general;
}

/** The image of the store whose name comes near, in the words that can be typed for it. */
export async function nearestImageHint(typed: string, store: ReadableStore, { env }: CliContext): Promise<string | undefined> {
  const names = (await store.list()).map(({ name }) => name);
  const nearest = closestName(shortName(typed), names.map(shortName));
  const typable = names.map((name) => typableName(name, defaultRegistryOf(env)));
  const meant = typable.filter((name) => name !== typed && shortName(name) === nearest);
  return meant.length === 0 ? undefined : `did you mean ${closestName(typed, meant) ?? meant[0]}?`;
}

/** The error of getting an image by name, with the hint for that name: what it is taken for may not be what was meant. */
export async function explainMissingImage(error: unknown, typed: string, store: ReadableStore, context: CliContext): Promise<unknown> {
  if (!(error instanceof GadgetError) || !isAboutName(error) || (await isThere(typed, store, context))) return error;
  const hint = await missingImageHint(typed, store, context);
  const { code, message, context: facts } = error;
  const isRemote = registryCodes.has(code);
  const isFullName = isRemote && typed.includes('/');
  return new ImageError(
    code,
    isRemote ? `there is no image ${typed} in the local store, and its registry cannot be asked: ${message}` : message,
    {
      context: facts,
      hint: (hint === general || isFullName) && error.hint !== undefined ? error.hint : hint,
      cause: error.cause,
    },
  );
}

async function isThere(typed: string, store: ReadableStore, { env }: CliContext): Promise<boolean> {
  try {
    return (await store.resolve(parseImageReference(typed, { defaultRegistry: defaultRegistryOf(env) }))) !== undefined;
  } catch {
    return false; // what is no name is no image
  }
}

const registryCodes: ReadonlySet<ErrorCode> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_DENIED', 'REGISTRY_ERROR']);

function isAboutName({ code, context }: GadgetError): boolean {
  if (code === 'IMAGE_NOT_FOUND') return context['image'] !== undefined;
  return code === 'IMAGE_REFERENCE_INVALID' || registryCodes.has(code);
}

/** The name without what may be left out: the default registry, the tag `latest`. */
function typableName(name: string, defaultRegistry: string): string {
  const isDefault = name.startsWith(`${defaultRegistry}/`);
  return (isDefault ? name.slice(defaultRegistry.length + 1) : name).replace(/:latest$/, '');
}

/** `registry/folder/trace_open:latest` → `trace_open`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
}
