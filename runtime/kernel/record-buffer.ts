import type { RecordBuffer as NativeBuffer } from '../../native/index.d.ts';
import { guarded, operationFailed } from './failure.ts';
import type { DrainedRecords, RecordBuffer } from './types.ts';

/** Bounds the two index arrays: 512 KiB together. */
const maxRecordsPerBatch = 65_536;

/** A ring buffer or perf buffers, over the addon: one call a batch, no copy of a ring buffer's records. */
export class KernelRecordBuffer implements RecordBuffer {
  readonly #native: NativeBuffer;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #offsets = new Uint32Array(maxRecordsPerBatch);
  readonly #lengths = new Uint32Array(maxRecordsPerBatch);
  readonly capacityBytes: number;

  constructor(buffer: NativeBuffer) {
    this.#native = buffer;
    this.capacityBytes = buffer.capacityBytes;
    this.#bytes = new Uint8Array(buffer.memory);
    this.#view = new DataView(buffer.memory);
  }

  drain(maxRecords = maxRecordsPerBatch): DrainedRecords {
    const answer = this.#native.drain(this.#offsets, this.#lengths, maxRecords);
    return {
      bytes: this.#bytes,
      view: this.#view,
      offsets: this.#offsets,
      lengths: this.#lengths,
      count: answer >>> 1,
      more: (answer & 1) === 1,
    };
  }

  release(): void {
    this.#native.release();
  }

  arm(wake: () => void): void {
    guarded(() => this.#native.arm(wake), operationFailed);
  }

  disarm(): void {
    this.#native.disarm();
  }

  get waitingBytes(): number {
    return this.#native.waitingBytes();
  }

  get lost(): number | undefined {
    return this.#native.lost();
  }

  close(): void {
    this.#native.close();
  }
}
