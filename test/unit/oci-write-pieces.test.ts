import type { FileHandle } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writePieces } from '../../runtime/oci/store/write-pieces.ts';

/** A file in memory that takes at most `mostBytes` in one call of `writev`. */
class FakeFile {
  readonly written: Buffer[] = [];
  calls = 0;
  readonly #mostBytes: number;
  readonly #fail: (call: number) => Error | undefined;

  constructor(mostBytes = Number.POSITIVE_INFINITY, fail: (call: number) => Error | undefined = () => undefined) {
    this.#mostBytes = mostBytes;
    this.#fail = fail;
  }

  async writev(batch: readonly Uint8Array[]): Promise<{ bytesWritten: number }> {
    const error = this.#fail(++this.calls);
    await new Promise((resolve) => setImmediate(resolve));
    if (error !== undefined) throw error;
    const bytes = Buffer.concat(batch).subarray(0, this.#mostBytes);
    this.written.push(bytes);
    return { bytesWritten: bytes.length };
  }

  async writeFile(rest: Uint8Array): Promise<void> {
    this.written.push(Buffer.from(rest));
  }
}

const write = (file: FakeFile, pieces: AsyncIterable<Uint8Array>) => writePieces(file as unknown as FileHandle, pieces);

async function* piecesOf(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7) % 251));

describe('pieces of content', () => {
  test.each<[what: string, mostBytes: number, pieceBytes: number, calls: number]>([
    ['of 64 KiB go in batches of a megabyte', Number.POSITIVE_INFINITY, 65_536, 3],
    ['larger than a batch go alone', Number.POSITIVE_INFINITY, 1_500_000, 2],
    ['of which a call takes a part only go all the same', 100_000, 65_536, 3],
  ])('%s', async (_, mostBytes, pieceBytes, calls) => {
    const file = new FakeFile(mostBytes);
    await write(file, piecesOf(content, pieceBytes));
    expect([Buffer.concat(file.written).equals(content), file.calls]).toEqual([true, calls]);
  });

  test('none: nothing is written', async () => {
    const file = new FakeFile();
    await write(file, piecesOf(Buffer.alloc(0), 1));
    expect(file.calls).toBe(0);
  });

  test.each([1, 2, 3])('end with the fault of call %d', async (failing) => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const file = new FakeFile(undefined, (call) => (call === failing ? full : undefined));
    await expect(write(file, piecesOf(content, 65_536))).rejects.toBe(full);
    expect(file.calls).toBe(failing);
  });

  test('end with the fault of their source, once nothing is being written any more', async () => {
    const file = new FakeFile();
    const cut = new Error('cut');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content;
      throw cut;
    }
    await expect(write(file, broken())).rejects.toBe(cut);
    expect(file.written).toHaveLength(1);
  });
});
