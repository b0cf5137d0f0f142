import type { ByteSink } from '../../runtime/pipeline/output.ts';

/** A sink whose reader does what the test says. */
export class FakeSink implements ByteSink {
  closed = false;
  /** What the reader took. */
  taken = '';
  /** True: every write is taken at once. */
  reads = true;
  /** The reader is found to be gone when somebody looks. */
  left = false;
  #waiting: { bytes: Uint8Array; resolve: (written: number) => void; reject: (error: unknown) => void }[] = [];

  /** Writes that the reader has not taken. */
  get waiting(): number {
    return this.#waiting.length;
  }

  write(bytes: Uint8Array): number | Promise<number> {
    if (this.closed) return 0;
    if (this.reads) return this.#take(bytes);
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  /** The reader takes what waits: all of it, or so many bytes, after which it goes away. */
  take(bytes?: number): void {
    if (bytes !== undefined) this.closed = true;
    for (const write of this.#waiting.splice(0)) write.resolve(this.#take(write.bytes.subarray(0, bytes)));
  }

  /** The disk is full. */
  fail(error: Error): void {
    this.closed = true;
    for (const write of this.#waiting.splice(0)) write.reject(error);
  }

  checkReader(): void {
    if (this.left) this.giveUp();
  }

  giveUp(): void {
    this.closed = true;
    for (const write of this.#waiting.splice(0)) write.resolve(0);
  }

  async end(): Promise<void> {
    this.closed = true;
  }

  #take(bytes: Uint8Array): number {
    this.taken += Buffer.from(bytes).toString();
    return bytes.length;
  }
}
