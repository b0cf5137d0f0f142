import type { Endpoint } from './endpoint.ts';
import { RegistryError } from './registry-error.ts';

/** What the first place has that has it, undefined when the last one, the registry itself, has not. A place that fails is passed over while there are others. */
export async function firstFinding<T>(
  places: readonly Endpoint[],
  look: (place: Endpoint) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: RegistryError | undefined;
  for (const place of places) {
    try {
      const found = await look(place);
      if (found !== undefined) return found;
      failure = undefined;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** The first place's answer that is no failure. When all fail, that of the last. */
export async function firstAnswer<T>(places: readonly Endpoint[], ask: (place: Endpoint) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const place of places) {
    try {
      return await ask(place);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      failure = error;
    }
  }
  throw failure;
}
