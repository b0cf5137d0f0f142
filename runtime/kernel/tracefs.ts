import { readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { KernelError } from './errors.ts';
import { isNativeFailure } from './failure.ts';
import { native } from './native.ts';

const places = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/** Not `existsSync`: access(2) leaves the capabilities of a process that is not root out. */
const isThere = (path: string): boolean => look(path) === 'there';
const isMounted = (place: string): boolean => isThere(join(place, 'events'));

/**
 * The folder where the kernel shows its tracepoints, mounting it when that is needed and allowed.
 * KernelError: PRIVILEGE_MISSING, KERNEL_FEATURE_MISSING.
 */
export function ensureTracefs(): string {
  const mounted = places.find(isMounted);
  if (mounted !== undefined) return mounted;
  const closed = places.find(isClosed);
  if (closed !== undefined) throw mayNotRead(closed);
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

/** It is mounted, and not for us: it belongs to root by default. */
const isClosed = (place: string): boolean => look(join(place, 'events')) === 'closed';

function look(path: string): 'there' | 'closed' | 'absent' {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? 'absent' : 'there';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'closed' : 'absent';
  }
}

function mayNotRead(place: string): KernelError {
  return new KernelError('PRIVILEGE_MISSING', `the kernel's tracepoints cannot be read: ${place} is not for this user`, {
    errno: constants.errno.EACCES,
    operation: 'read',
    hint: 'run as root, or grant CAP_DAC_READ_SEARCH',
  });
}

/** The kernel's number of a tracepoint; undefined when it has none of this name. */
export function tracepointId(category: string, name: string): number | undefined {
  const path = join(ensureTracefs(), 'events', category, name, 'id');
  return isThere(path) ? Number(readFileSync(path, 'utf8')) : undefined;
}
