import { Socket } from 'node:net';
import { GadgetError } from '../base/errors.ts';
import type { ByteSink } from '../pipeline/output.ts';
import { endPatience } from './descriptor-sink.ts';

/** Codes that mean: nobody is there any more. */
const hangUps: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Writes to a descriptor that cannot be opened a second time, such as a socket, through the event loop. */
export class SocketSink implements ByteSink {
  readonly #socket: Socket;
  #closed = false;
  #failure: GadgetError | undefined;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
    this.#socket.on('close', () => {
      this.#closed = true;
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The stream keeps the bytes without a copy, so the promise is resolved when it has let go of them. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) return undefined;
    let done = (_error?: Error | null): void => {};
    this.#socket.write(bytes, (error) => done(error));
    if (this.#socket.writableLength === 0) return undefined;
    return new Promise((resolve, reject) => {
      done = (error) => {
        if (error) this.#fail(error);
        if (this.#failure !== undefined) reject(this.#failure);
        else resolve();
      };
    });
  }

  async end(): Promise<void> {
    if (!this.#closed && this.#socket.writableLength > 0) await this.#drained();
    this.#socket.destroy();
    this.#closed = true;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, endPatience);
      for (const event of ['drain', 'close'] as const) {
        this.#socket.once(event, () => {
          clearTimeout(timer);
          resolve();
        });
      }
    });
  }

  #fail(cause: NodeJS.ErrnoException): void {
    this.#closed = true;
    if (hangUps.has(cause.code)) return;
    this.#failure ??= new GadgetError('OUTPUT_FAILED', `cannot write the output: ${cause.code}`, { cause });
  }
}
