import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { GadgetError } from '../base/errors.ts';
import type { ByteSink } from '../pipeline/output.ts';

/** Milliseconds between attempts to write to a full pipe: doubled from the first to the last, started over by any progress. */
const firstRetry = 1;
const lastRetry = 25;
/** Milliseconds without progress after which `end` gives up on a reader. */
const endPatience = 100;

/** Codes that mean: nobody is there any more. EIO: the terminal hung up. */
const hangUps: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'EIO']);

/** What is being written, or waits behind it. Bytes are the caller's until the promise is resolved. */
interface Pending {
  readonly bytes: Uint8Array;
  written: number;
  readonly resolve: (written: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes to a file descriptor, best one with O_NONBLOCK. Bytes that a full pipe does not take stay where they are, with the caller, who is
 * handed a promise and must leave them alone until it is resolved.
 */
export class DescriptorSink implements ByteSink {
  readonly #fd: number;
  readonly #closeAtEnd: boolean;
  readonly #isPipe: boolean;
  /** Several data sources may share a sink: each has at most one entry here. */
  readonly #queue: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wait = firstRetry;
  #progressAt = 0;
  #closed = false;
  #ending = false;
  #idle: (() => void) | undefined;

  constructor(fd: number, options: { readonly closeAtEnd: boolean }) {
    this.#fd = fd;
    this.#closeAtEnd = options.closeAtEnd;
    this.#isPipe = fstatSync(fd).isFIFO();
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: Uint8Array): number | Promise<number> {
    if (this.#closed || this.#ending) return 0;
    const written = this.#queue.length > 0 ? 0 : this.#attempt(bytes, 0);
    if (written === bytes.length || this.#closed) return written;
    return new Promise((resolve, reject) => {
      this.#queue.push({ bytes, written, resolve, reject });
      this.#schedule();
    });
  }

  checkReader(): void {
    if (!this.#closed && this.#isPipe && isUnread(this.#fd)) this.giveUp();
  }

  giveUp(): void {
    this.#closed = true;
    this.#settleAll();
  }

  /** Waits for what is being written as long as the reader takes some of it now and then. The second call does nothing. */
  async end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#progressAt = performance.now();
    if (this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#closed = true;
    if (this.#closeAtEnd) closeSync(this.#fd);
  }

  /** Writes from a position on; returns how far it got. */
  #attempt(bytes: Uint8Array, from: number): number {
    let written = from;
    try {
      while (written < bytes.length) {
        written += writeSync(this.#fd, bytes, written, bytes.length - written);
        this.#wait = firstRetry;
        this.#progressAt = performance.now();
      }
    } catch (error) {
      this.#judge(error);
    }
    return written;
  }

  /** A full pipe is nothing, a reader gone is the end, everything else an error. */
  #judge(cause: unknown): void {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return;
    this.#closed = true;
    if (hangUps.has(code)) return;
    throw new GadgetError('OUTPUT_FAILED', `cannot write the output: ${code}`, { cause });
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#retry(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, lastRetry);
  }

  #retry(): void {
    this.#timer = undefined;
    try {
      this.#flush();
    } catch (error) {
      for (const pending of this.#queue.splice(0)) pending.reject(error);
    }
    if (this.#closed || this.#gaveUp()) this.giveUp();
    if (this.#queue.length > 0) this.#schedule();
    else this.#idle?.();
  }

  /** Those who wait hear how far their bytes came. */
  #settleAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { resolve, written } of this.#queue.splice(0)) resolve(written);
    this.#idle?.();
  }

  #gaveUp(): boolean {
    return this.#ending && performance.now() - this.#progressAt > endPatience;
  }

  #flush(): void {
    for (let first = this.#queue[0]; first !== undefined && !this.#closed; first = this.#queue[0]) {
      first.written = this.#attempt(first.bytes, first.written);
      if (first.written < first.bytes.length) return;
      this.#queue.shift();
      first.resolve(first.written);
    }
  }
}

/** A pipe that has no reader cannot be opened for writing without waiting for one. */
function isUnread(pipe: number): boolean {
  try {
    closeSync(openSync(`/proc/self/fd/${pipe}`, constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENXIO';
  }
}
