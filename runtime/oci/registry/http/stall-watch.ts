/** Less than this in the whole of the time-out is no progress: a peer that sends a byte now and then is as good as dead. */
export const progressBytes = 1024;

/**
 * Watches that content keeps flowing. Only time spent waiting for the peer counts, not time that whoever takes or gives the content
 * needs.
 */
export class StallWatch {
  readonly #stallMs: number;
  readonly #timer: NodeJS.Timeout;
  #waitedMs = 0;
  #bytes = 0;
  #waitingSince: number | undefined;

  constructor(stallMs: number, onStall: () => void) {
    this.#stallMs = stallMs;
    this.#timer = setInterval(() => this.#check(onStall), Math.max(10, Math.min(1000, stallMs / 4)));
  }

  /** From now on it is the peer's turn. */
  waiting(): void {
    this.#waitingSince = performance.now();
  }

  /** The peer gave or took bytes. */
  moved(bytes: number): void {
    this.#bytes += bytes;
    if (this.#waitingSince !== undefined) this.#waitedMs += performance.now() - this.#waitingSince;
    this.#waitingSince = undefined;
    if (this.#bytes < progressBytes) return;
    this.#bytes = 0;
    this.#waitedMs = 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #check(onStall: () => void): void {
    if (this.#waitingSince === undefined) return;
    if (this.#waitedMs + performance.now() - this.#waitingSince < this.#stallMs) return;
    this.close();
    onStall();
  }
}
