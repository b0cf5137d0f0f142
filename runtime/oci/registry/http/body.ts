import type { HttpResponse } from './exchange.ts';
import { TimeoutFault } from './exchange.ts';
import { StallWatch } from './stall-watch.ts';

/** The content of an answer as it arrives. Ends in `TimeoutFault` when nothing to speak of comes for `stallMs`. */
export async function* piecesOf(response: HttpResponse, stallMs: number): AsyncGenerator<Uint8Array> {
  const { stream, url } = response;
  const watch = new StallWatch(stallMs, () => stream.destroy(new TimeoutFault(`${url.host} sent no content for ${stallMs} ms`)));
  try {
    watch.waiting();
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      watch.moved(piece.length);
      yield piece;
      watch.waiting();
    }
  } finally {
    watch.close();
  }
}

/** The whole content of an answer, or undefined when it is longer than `maxBytes`. */
export async function readBody(response: HttpResponse, maxBytes: number, stallMs: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of piecesOf(response, stallMs)) {
    length += piece.length;
    if (length > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
