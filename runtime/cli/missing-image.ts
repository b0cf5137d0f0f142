import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggestion } from '../base/closest-name.ts';
import { type ErrorCode, GadgetError, ImageError } from '../base/errors.ts';
import type { ReadableStore } from '../oci/content-store.ts';
import type { CliContext } from './context.ts';

const general = '"gadget image list" shows what there is, "gadget build" makes one';

/** What to do about a name that no local image has: the folder of that name, or the image whose name comes near. */
export async function missingImageHint(typed: string, store: ReadableStore, context: CliContext): Promise<string> {
  if (existsSync(resolve(context.cwd, typed))) return `there is a file or folder of that name: write ./${typed} to run it`;
  const names = (await store.list()).map(({ name }) => shortName(name));
  return suggestion(shortName(typed), names) ?? general;
}

/** The error of getting an image by name, with the hint for that name: what it is taken for may not be what was meant. */
export async function explainMissingImage(error: unknown, typed: string, store: ReadableStore, context: CliContext): Promise<unknown> {
  if (!(error instanceof GadgetError) || !isAboutName(error)) return error;
  const hint = await missingImageHint(typed, store, context);
  const { code, message, context: facts } = error;
  const isRemote = registryCodes.has(code);
  return new ImageError(code, isRemote ? `there is no image ${typed} in the local store, and it cannot be pulled: ${message}` : message, {
    context: facts,
    hint: hint === general && error.hint !== undefined ? error.hint : hint,
    cause: error.cause,
  });
}

const registryCodes: ReadonlySet<ErrorCode> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_DENIED', 'REGISTRY_ERROR']);

function isAboutName({ code, context }: GadgetError): boolean {
  if (code === 'IMAGE_NOT_FOUND') return context['image'] !== undefined;
  return code === 'IMAGE_REFERENCE_INVALID' || registryCodes.has(code);
}

/** `registry/folder/trace_open:latest` → `trace_open`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
}
