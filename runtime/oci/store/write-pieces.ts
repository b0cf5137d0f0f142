import type { FileHandle } from 'node:fs/promises';

/** Bytes that are written at once. A connection gives pieces of 64 KiB, each of which would wait for the disk. */
const batchBytes = 1024 * 1024;
/** The most pieces that the kernel takes in one call. */
const batchPieces = 1024;

/**
 * Writes pieces one behind the other. The next ones are fetched while the last are being written; of neither is there ever more than a batch.
 * Pieces must not change after they were given.
 */
export async function writePieces(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  let writing = Promise.resolve();
  let batch: Uint8Array[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await writing;
    writing = writeAll(file, batch);
    // Whoever waits for it next is told; until then nobody else has to be.
    writing.catch(() => undefined);
    [batch, bytes] = [[], 0];
  };
  try {
    for await (const piece of pieces) {
      batch.push(piece);
      bytes += piece.length;
      if (bytes >= batchBytes || batch.length >= batchPieces) await flush();
    }
    await flush();
    await writing;
  } finally {
    await writing.catch(() => undefined);
  }
}

/** A call may write less than it was given. */
async function writeAll(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  if (batch.length === 0) return;
  const { bytesWritten } = await file.writev(batch);
  const total = batch.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten < total) await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}
