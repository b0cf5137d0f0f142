import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { invalid } from '../json-document.ts';
import { errnoOf, storeFailure } from './layout.ts';

/**
 * A whole file of at most `maxBytes`, or undefined when there is none. Synchronous: a handful of small files are read at the
 * start of every run, where four trips to the thread pool per file would cost more than the reading.
 */
export function readFileBounded(path: string, maxBytes: number): Uint8Array | undefined {
  let fd: number;
  try {
    // Not blocking: a FIFO in a store that another user owns must not hold us up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw storeFailure('read', path, cause);
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw invalid(path, 'is not a regular file');
    if (status.size > maxBytes) throw invalid(path, `has ${status.size} bytes, more than the ${maxBytes} allowed`);
    return readFully(fd, status.size);
  } finally {
    closeSync(fd);
  }
}

function readFully(fd: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, bytes, length, size - length, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
