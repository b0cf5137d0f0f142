/** Longest time a record waits: invisible to a person. Milliseconds. */
const longestWaitMs = 10;
/** Shortest pause between drains while records flow. Milliseconds. */
const shortestWaitMs = 1;
/** A drain is due before the buffer is this full at the rate just measured, leaving room for bursts. */
const fillTarget = 0.25;
/** Empty drains in a row after which it is cheaper to sleep until the kernel wakes us. */
const emptyDrainsBeforeSleep = 3;

/**
 * Decides how long to wait until the next drain of a buffer. Nothing wakes a sleeping consumer at a fill level, so the wait follows
 * the measured rate: while records flow it is a timer, and after a few empty drains the consumer sleeps until woken.
 */
export class DrainTimer {
  readonly #capacityBytes: number;
  #lastDrainMs = 0;
  #emptyDrains = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /**
   * Milliseconds until the next drain, given what the last one took; undefined means: sleep until woken.
   * 0 means at once, because the buffer still holds records.
   */
  next(nowMs: number, drained: { bytes: number; more: boolean }): number | undefined {
    const elapsedMs = Math.max(nowMs - this.#lastDrainMs, shortestWaitMs);
    this.#lastDrainMs = nowMs;
    if (drained.more) return 0;
    if (drained.bytes === 0) {
      this.#emptyDrains++;
      return this.#emptyDrains >= emptyDrainsBeforeSleep ? undefined : longestWaitMs;
    }
    this.#emptyDrains = 0;
    const bytesPerMs = drained.bytes / elapsedMs;
    return Math.min(longestWaitMs, Math.max(shortestWaitMs, Math.floor((this.#capacityBytes * fillTarget) / bytesPerMs)));
  }

  /** Woken: the next drain starts a new measurement. */
  woken(nowMs: number): void {
    this.#lastDrainMs = nowMs;
    this.#emptyDrains = 0;
  }
}
