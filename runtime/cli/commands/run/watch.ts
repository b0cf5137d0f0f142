import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { firstAbort } from '../../../base/first-abort.ts';
import type { CliContext } from '../../context.ts';
import { renderError } from '../../render-error.ts';
import { parseFlags } from './execute.ts';
import { runOnce } from './run-once.ts';
import { loadTarget } from './target.ts';

/** Editors save in several steps: a build starts when the files have been quiet for so long. Milliseconds. */
const quietMs = 80;

export interface WatchRequest {
  /** A folder or file. */
  readonly target: string;
  readonly flags: readonly string[];
  readonly clang: string | undefined;
  /** Traced by every version anew. */
  readonly command: readonly string[] | undefined;
  readonly context: CliContext;
}

/**
 * Builds, runs, and does both again at every save, until the signal. What the compiler or the verifier says is shown in place; while a source does not
 * build, the version before goes on running.
 */
export async function watchAndRun(request: WatchRequest): Promise<void> {
  const { target, context } = request;
  const changes = new Changes(target);
  let running: { stop: () => Promise<void> } | undefined;
  try {
    while (!context.signal.aborted) {
      const replaced = await startVersion(request, running);
      if (replaced !== undefined) running = replaced;
      await changes.next(context.signal);
    }
  } finally {
    changes.close();
    await running?.stop();
  }
}

/** Undefined when this version could not be built: the one before stays. */
async function startVersion({ target, flags, clang, command, context }: WatchRequest, before: { stop: () => Promise<void> } | undefined) {
  try {
    const spec = await loadTarget(target, clang, context);
    const parsed = parseFlags(spec, flags, context);
    if (parsed === undefined) return undefined;
    await before?.stop();
    const controller = new AbortController();
    const signal = firstAbort([controller.signal, context.signal]);
    const ended = runOnce({ spec, ...parsed, command, context, signal }).catch((error) => complain(error, context));
    return {
      stop: async () => {
        controller.abort();
        await ended;
      },
    };
  } catch (error) {
    complain(error, context);
    return undefined;
  }
}

function complain(error: unknown, context: CliContext): void {
  context.stderr.write(`${renderError(error, { verbose: context.verbose })}waiting for the next save…\n`);
}

/** Saves of a file, or of anything in a folder. */
class Changes {
  readonly #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;
  #changed = false;
  #wake: () => void = () => {};

  constructor(target: string) {
    const path = resolve(target);
    const folder = statSync(path).isDirectory();
    // A file is watched through its folder: editors replace it instead of writing to it.
    this.#watcher = watch(folder ? path : dirname(path), (_event, name) => {
      if (!folder && name !== null && name !== basename(path)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#changed = true;
        this.#wake();
      }, quietMs);
    });
  }

  async next(signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((done) => {
        this.#wake = done;
        signal.addEventListener('abort', () => done(), { once: true });
      });
    }
    this.#changed = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
  }
}
