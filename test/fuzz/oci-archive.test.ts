import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { afterAll, expect, test } from 'vitest';
import { ImageError } from '../../runtime/base/errors.ts';
import { Archive } from '../../runtime/oci/archive/open-archive.ts';
import { sampleImage } from '../support/sample-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'archive-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

const archive = await goodArchive();

async function goodArchive(): Promise<Buffer> {
  const { root, content } = sampleImage('x');
  const tar = pack();
  tar.entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  tar.entry({ name: 'index.json' }, JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  for (const { descriptor, bytes } of content) tar.entry({ name: `blobs/sha256/${descriptor.digest.slice(7)}` }, Buffer.from(bytes));
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A good archive with bytes replaced, taken out or put in. */
const damaged = fc
  .array(fc.tuple(fc.nat(archive.length), fc.nat(600), fc.uint8Array({ maxLength: 600 })), { minLength: 1, maxLength: 4 })
  .map((changes) =>
    changes.reduce(
      (bytes, [at, cut, patch]) => Buffer.concat([bytes.subarray(0, at), patch, bytes.subarray(Math.min(bytes.length, at + cut))]),
      archive,
    ),
  );

/** Fields of the first header and others: numbers that lie, names of any kind. */
const lyingHeader = fc
  .tuple(fc.nat(3), fc.integer({ min: 0, max: 511 }), fc.uint8Array({ minLength: 1, maxLength: 12 }))
  .map(([entry, at, patch]) => {
    const bytes = Buffer.from(archive);
    bytes.set(patch, Math.min(entry * 1024 + at, bytes.length - patch.length));
    return bytes;
  });

test.each([
  ['damaged bytes', damaged],
  ['lying headers', lyingHeader],
  ['any bytes', fc.uint8Array({ maxLength: 3000 })],
])('%s: an archive or a typed error, soon', async (_, arbitrary) => {
  const path = join(folder, 'a.tar');
  await fc.assert(
    fc.asyncProperty(arbitrary as fc.Arbitrary<Uint8Array>, async (bytes) => {
      writeFileSync(path, bytes);
      const start = performance.now();
      try {
        const opened = await Archive.open(path);
        for (const { descriptor } of opened.entries) await opened.fetch(descriptor).catch(expectTyped);
        await opened.close();
      } catch (error) {
        expectTyped(error);
      }
      expect(performance.now() - start).toBeLessThan(2000);
    }),
    { numRuns: 150 },
  );
});

function expectTyped(error: unknown): void {
  expect(error).toBeInstanceOf(ImageError);
}
