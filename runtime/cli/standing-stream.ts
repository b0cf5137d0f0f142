import type { ByteSink } from '../pipeline/output.ts';
import type { TextStream } from './context.ts';

/** Characters kept for a reader that stands still; what comes then is dropped. */
const backlogMax = 1024 * 1024;
/** Time that the reader has for the rest once the process is told to end. Milliseconds. */
const endMs = 40;

/**
 * Words for people on a stream that may stand still: a pipe that nobody reads, a stopped terminal. Writing never waits, so that the process
 * goes on draining and answers Ctrl-C. A reader that went away, or a full disk, is nobody's fault: there is nobody left to tell.
 */
export class StandingStream implements TextStream {
  readonly isTTY: boolean;
  readonly #open: () => ByteSink;
  #sink: ByteSink | undefined;
  #backlog = '';
  #writing: Promise<void> | undefined;

  constructor(open: () => ByteSink, options: { readonly isTTY: boolean }) {
    this.#open = open;
    this.isTTY = options.isTTY;
  }

  write(text: string): void {
    if (this.#backlog.length >= backlogMax) return;
    this.#backlog += text;
    if (this.#writing === undefined) this.#flush();
  }

  /** Waits until the rest is written; not long once the signal says that the process is to end. */
  async end(signal?: AbortSignal): Promise<void> {
    if (this.#sink === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const hurry = () => {
      timer = setTimeout(() => this.#sink?.giveUp(), endMs);
    };
    if (signal?.aborted) hurry();
    else signal?.addEventListener('abort', hurry);
    while (this.#writing !== undefined) await this.#writing;
    clearTimeout(timer);
    await this.#sink.end();
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#backlog);
    this.#backlog = '';
    try {
      this.#sink ??= this.#open();
      const written = this.#sink.write(bytes);
      if (typeof written !== 'number') this.#writing = this.#settled(written);
    } catch {}
  }

  async #settled(written: Promise<number>): Promise<void> {
    try {
      await written;
    } catch {}
    this.#writing = undefined;
    if (this.#backlog !== '') this.#flush();
  }
}
