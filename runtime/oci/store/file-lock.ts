import type { ChildProcess } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { ImageError } from '../../base/errors.ts';
import { errnoOf, storeFailure } from './layout.ts';

export type LockMode = 'shared' | 'exclusive';

export interface LockOptions {
  readonly mode: LockMode;
  /** How long to wait for others, in milliseconds; 0 gives up at once. */
  readonly waitMs: number;
}

/** A held lock. Closing is idempotent; the kernel closes it when the process dies. */
export interface FileLock {
  close(): Promise<void>;
}

/**
 * Locks a file as flock(2) does; undefined when others kept it for all of `waitMs`. The file is created and never deleted.
 *
 * Node has no flock. flock(1) locks the open file description that it inherits, which stays locked for as long as this process
 * has it open. So the kernel itself ends the lock when the process dies, whatever killed it: there is no stale lock to detect,
 * and it holds between containers that share the folder. It costs the start of one process, on writes only.
 */
export async function lockFile(path: string, options: LockOptions): Promise<FileLock | undefined> {
  const file = await open(path, 'a', 0o644).catch((cause: unknown) => {
    throw storeFailure('open', path, cause);
  });
  const locked = await flock(file, path, options).catch(async (cause: unknown) => {
    await file.close();
    throw cause;
  });
  if (locked) return { close: once(() => file.close()) };
  await file.close();
  return undefined;
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}

async function flock(file: FileHandle, path: string, { mode, waitMs }: LockOptions): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const flags = [mode === 'shared' ? '-s' : '-x', ...(waitMs === 0 ? ['-n'] : [])];
  const child = spawn('flock', [...flags, '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  const timer = waitMs > 0 ? setTimeout(() => child.kill('SIGKILL'), waitMs) : undefined;
  try {
    return await lockTaken(child);
  } catch (cause) {
    throw flockFailure(path, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Exit status 1 is a conflict, a signal our own time limit. */
function lockTaken(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve(true);
      else if (status === 1 || signal === 'SIGKILL') resolve(false);
      else reject(new Error(`flock ended with ${status ?? signal}`));
    });
  });
}

function flockFailure(path: string, cause: unknown): ImageError {
  if (errnoOf(cause) !== 'ENOENT') return storeFailure('lock', path, cause);
  return new ImageError('STORE_IO', `cannot lock ${path}: the command flock is missing`, {
    cause,
    hint: 'install util-linux (or busybox), which has it',
  });
}
