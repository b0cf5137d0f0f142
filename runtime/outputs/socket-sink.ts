import { Socket } from 'node:net';
import { DescriptorSink } from './descriptor-sink.ts';

/**
 * Writes to a descriptor that cannot be opened a second time, such as a socket: the event loop's wrapper makes it non-blocking, and then it
 * is written like any other. The wrapper's own queue would not say how much of it the reader has taken.
 */
export class SocketSink extends DescriptorSink {
  readonly #socket: Socket;

  constructor(fd: number) {
    super(fd, { closeAtEnd: false });
    this.#socket = new Socket({ fd, readable: false, writable: true });
  }

  override async end(): Promise<void> {
    await super.end();
    this.#socket.destroy();
  }
}
