import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from './errors.ts';
import { isNativeFailure } from './failure.ts';
import { native } from './native.ts';

const places = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

const isMounted = (place: string): boolean => existsSync(join(place, 'events'));

/**
 * The folder where the kernel shows its tracepoints, mounting it when that is needed and allowed.
 * KernelError: KERNEL_FEATURE_MISSING.
 */
export function ensureTracefs(): string {
  const mounted = places.find(isMounted);
  if (mounted !== undefined) return mounted;
  try {
    native().mountTracefs(places[0]);
  } catch (error) {
    if (!isNativeFailure(error)) throw error;
    throw new KernelError('KERNEL_FEATURE_MISSING', 'the kernel shows no tracepoints: tracefs is not mounted', {
      errno: error.errno,
      operation: 'mount',
      hint: `mount -t tracefs tracefs ${places[0]} (in a container, mount the host's there)`,
    });
  }
  return places[0];
}

/** The kernel's number of a tracepoint; undefined when it has none of this name. */
export function tracepointId(category: string, name: string): number | undefined {
  const path = join(ensureTracefs(), 'events', category, name, 'id');
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
}
