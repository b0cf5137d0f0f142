import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closer, listen } from '../../registry-fixtures/listen.ts';
import type { MemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import type { Digest } from '../../runtime/oci/digest.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { expectSame, fast, piecewise, randomBlob, readAll } from './content.ts';

const mebibyte = 1024 * 1024;
let memory: MemoryRegistry;

beforeAll(async () => {
  memory = await startMemoryRegistry();
});
afterAll(async () => {
  await memory.close();
});

/** A registry that has one large blob of nothing but zeros, and takes any. */
async function startZeros(size: number) {
  const zeros = Buffer.alloc(mebibyte);
  const pieces = function* () {
    for (let at = 0; at < size; at += mebibyte) yield zeros;
  };
  const server = createServer((request, response) => {
    if (request.method === 'POST') response.writeHead(202, { location: '/up' }).end();
    else if (request.method === 'PATCH') request.resume().once('end', () => response.writeHead(202).end());
    else if (request.method === 'PUT') response.writeHead(201).end();
    else {
      response.writeHead(200, { 'content-length': size });
      Readable.from(pieces(), { objectMode: false }).pipe(response);
    }
  });
  const close = closer(server);
  const host = `127.0.0.1:${await listen(server)}`;
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += mebibyte) hash.update(zeros);
  const descriptor: Descriptor = { mediaType: 'application/octet-stream', digest: `sha256:${hash.digest('hex')}` as Digest, size };
  return { host, close, descriptor, zeros };
}

test('memory stays flat whatever the size', async () => {
  const size = 400 * mebibyte;
  const { host, close, descriptor, zeros } = await startZeros(size);
  const client = openRegistry();
  const repository = client.repository({ registry: host, repository: 'test/large' });
  const before = process.memoryUsage.rss();
  let most = 0;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss() - before);
  };
  let read = 0;
  for await (const piece of repository.read(descriptor)) {
    read += piece.length;
    if (read % (8 * mebibyte) < piece.length) look();
  }
  expect(read).toBe(size);
  await repository.write(descriptor, async function* (fromByte) {
    for (let at = fromByte; at < size; at += mebibyte) {
      yield zeros;
      look();
    }
  });
  expect(most).toBeLessThan(150 * mebibyte);
  client.close();
  await close();
});

test('whoever takes or gives content slowly is not taken for a stalled registry', async () => {
  const client = openRegistry({ retries: fast, timeouts: { stallMs: 60, answerMs: 500 } });
  const repository = client.repository({ registry: memory.host, repository: 'test/slow' });
  const { descriptor, bytes } = randomBlob(3 * mebibyte);
  let begun = 0;
  await repository.write(descriptor, async function* (fromByte) {
    begun++;
    for await (const piece of piecewise(bytes, mebibyte)(fromByte)) {
      await sleep(150);
      yield piece;
    }
  });
  expect(begun).toBe(1);
  const before = memory.requests.length;
  const read: Uint8Array[] = [];
  for await (const piece of repository.read(descriptor)) {
    if (read.push(piece) % 16 === 1) await sleep(150);
  }
  expectSame(Buffer.concat(read), bytes);
  expect(memory.requests.length - before).toBe(1);
  client.close();
});

test('many copies within a registry at once do not wait for each other for ever', async () => {
  const client = openRegistry({ concurrency: 2 });
  const from = client.repository({ registry: memory.host, repository: 'test/from' });
  const to = client.repository({ registry: memory.host, repository: 'test/to' });
  const blobs = Array.from({ length: 20 }, () => randomBlob(200_000));
  await Promise.all(blobs.map(({ descriptor, bytes }) => from.push(descriptor, bytes)));
  await Promise.all(blobs.map(({ descriptor }) => to.write(descriptor, (fromByte) => from.read(descriptor, fromByte))));
  for (const { descriptor, bytes } of blobs) expectSame(await readAll(to.read(descriptor)), bytes);
  client.close();
});

test('a reader that stops in the middle frees its place', async () => {
  const client = openRegistry({ concurrency: 1 });
  const repository = client.repository({ registry: memory.host, repository: 'test/stop' });
  const { descriptor, bytes } = randomBlob(5 * mebibyte);
  await repository.write(descriptor, piecewise(bytes));
  for (let count = 0; count < 5; count++) {
    for await (const piece of repository.read(descriptor)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  }
  expectSame(await readAll(repository.read(descriptor)), bytes);
  client.close();
});

test('one stop ends everything that a client does', async () => {
  const stop = new AbortController();
  const silent = createServer(() => undefined);
  const close = closer(silent);
  const client = openRegistry({ signal: stop.signal, plainHttp: true });
  const repository = client.repository({ registry: `127.0.0.1:${await listen(silent)}`, repository: 'test/stop' });
  const { descriptor, bytes } = randomBlob(100);
  const work = [
    ...Array.from({ length: 20 }, () => repository.tags()),
    repository.resolve({ tag: 'v1' }),
    repository.push(descriptor, bytes),
    repository.fetch(descriptor),
  ];
  setTimeout(() => stop.abort(new Error('enough')), 30);
  const settled = await Promise.allSettled(work);
  expect(settled.map((one) => (one.status === 'rejected' ? one.reason.message : 'done'))).toEqual(work.map(() => 'enough'));
  client.close();
  await close();
});
