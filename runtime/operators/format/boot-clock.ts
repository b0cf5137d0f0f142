const nsPerSecond = 1_000_000_000;
const wordValues = 2 ** 32;
/** High words below this keep nanoseconds exact in a double: 104 days of uptime. */
const exactHighWords = 2 ** 21;

/**
 * Turns nanoseconds since boot into seconds and nanoseconds since the epoch without bigints: two plain numbers as fields,
 * because this runs for every event.
 */
export class BootClock {
  /** Results of the last `set`. */
  seconds = 0;
  nanoseconds = 0;
  readonly #offsetSeconds: number;
  readonly #offsetNs: number;

  constructor(bootTimeOffsetNs: bigint) {
    this.#offsetSeconds = Number(bootTimeOffsetNs / BigInt(nsPerSecond));
    this.#offsetNs = Number(bootTimeOffsetNs % BigInt(nsPerSecond));
  }

  /** Takes the low and high word of a boot time; false for 0, which programs leave where nothing happened yet. */
  set(low: number, high: number): boolean {
    if (low === 0 && high === 0) return false;
    if (high < exactHighWords) this.#split(high * wordValues + low);
    else this.#splitLarge(low, high);
    this.seconds += this.#offsetSeconds;
    this.nanoseconds += this.#offsetNs;
    if (this.nanoseconds >= nsPerSecond) {
      this.nanoseconds -= nsPerSecond;
      this.seconds++;
    }
    return true;
  }

  #split(bootNs: number): void {
    this.seconds = Math.floor(bootNs / nsPerSecond);
    this.nanoseconds = bootNs - this.seconds * nsPerSecond;
  }

  #splitLarge(low: number, high: number): void {
    const bootNs = (BigInt(high) << 32n) + BigInt(low);
    this.seconds = Number(bootNs / BigInt(nsPerSecond));
    this.nanoseconds = Number(bootNs % BigInt(nsPerSecond));
  }
}
