import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tarGz } from '../../registry-fixtures/foreign-images.ts';
import { ImageError } from '../../runtime/base/errors.ts';
import { readLayerFiles } from '../../runtime/oci/layer-files.ts';

const limits = { unpackedBytes: 1024 * 1024, fileBytes: 4096, entries: 50 };
const read = (bytes: Uint8Array, pieceBytes = 1000) =>
  readLayerFiles(inPieces(bytes, pieceBytes), { subject: 'it', limits, wants: (name) => name.endsWith('.btf') });

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const good = await tarGz({ './a.btf': Buffer.from('one'), 'folder/b.btf': Buffer.alloc(4096, 2), 'c.txt': Buffer.alloc(9000) });

const large = await tarGz({ 'a.btf': Buffer.alloc(4097) });
const crowded = await tarGz(Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`${at}`, Buffer.alloc(0)])));

describe('files of a layer', () => {
  test.each([1, 511, 512, 100_000])('come in pieces of %d bytes', async (pieceBytes) => {
    const files = await read(good, pieceBytes);
    expect([...files].map(([name, bytes]) => [name, bytes.length])).toEqual([
      ['a.btf', 3],
      ['folder/b.btf', 4096],
    ]);
  });

  test.each([
    ['unpacks to more than the limit', gzipSync(Buffer.alloc(64 * 1024 * 1024)), /^it unpacks to more than 1048576 bytes$/],
    ['has a large file', large, /^it has a file "a\.btf" of 4097 bytes, more than the 4096 allowed$/],
    ['has many entries', crowded, /^it has more than 50 entries$/],
    ['is cut off', good.subarray(0, good.length - 30), /^it is no tar, or a damaged one$/],
    ['is no tar', Buffer.alloc(5000, 1), /^it is no tar, or a damaged one$/],
  ])('that %s is refused', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) }));
  });

  test('pass a fault of the source on', async () => {
    const fault = new ImageError('IMAGE_NOT_FOUND', 'gone');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield good.subarray(0, 100);
      throw fault;
    }
    await expect(readLayerFiles(broken(), { subject: 'it', limits, wants: () => true })).rejects.toBe(fault);
  });
});

const plain = fc
  .array(fc.tuple(fc.nat(good.length), fc.nat(300), fc.uint8Array({ maxLength: 300 })), { minLength: 1, maxLength: 4 })
  .map((changes) =>
    changes.reduce(
      (bytes, [at, cut, patch]) => Buffer.concat([bytes.subarray(0, at), patch, bytes.subarray(Math.min(bytes.length, at + cut))]),
      good,
    ),
  );

test.each([
  ['damaged bytes', plain],
  ['any bytes', fc.uint8Array({ maxLength: 3000 })],
  ['any bytes, compressed', fc.uint8Array({ maxLength: 3000 }).map((bytes) => gzipSync(bytes))],
])('%s: files or a typed error, soon', async (_, arbitrary) => {
  await fc.assert(
    fc.asyncProperty(arbitrary as fc.Arbitrary<Uint8Array>, async (bytes) => {
      const start = performance.now();
      const files = await read(bytes).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ImageError);
        return new Map<string, Uint8Array>();
      });
      for (const [name, content] of files) expect([name.endsWith('.btf'), content.length <= limits.fileBytes]).toEqual([true, true]);
      expect(performance.now() - start).toBeLessThan(2000);
    }),
    { numRuns: 300 },
  );
});
