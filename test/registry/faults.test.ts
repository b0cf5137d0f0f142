import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import type { Fault, FaultPlan, FaultProxy, PassingRequest } from '../../registry-fixtures/fault-proxy.ts';
import { startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import type { MemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import type { RegistryClient } from '../../runtime/oci/registry/registry-client.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryRepository } from '../../runtime/oci/registry/registry-repository.ts';
import type { Content } from './content.ts';
import { expectSame, failureOf, fast, piecewise, pushedManifest, randomBlob, readAll } from './content.ts';

let docker: DockerRegistry;
let memory: MemoryRegistry;
let client: RegistryClient;
const proxies: FaultProxy[] = [];
let count = 0;

beforeAll(async () => {
  docker = await startDockerRegistry();
  memory = await startMemoryRegistry();
  proxies.push(await startFaultProxy(docker.host), await startFaultProxy(memory.host));
});
beforeEach(() => {
  client?.close();
  client = openRegistry({ retries: fast, timeouts: { stallMs: 150, answerMs: 300 } });
  for (const proxy of proxies) {
    proxy.plan = () => undefined;
    proxy.requests.length = 0;
  }
});
afterAll(async () => {
  client.close();
  for (const proxy of proxies) await proxy.close();
  await docker.close();
  await memory.close();
});

/** The fault for the first requests that fit. */
function first(times: number, fits: (request: PassingRequest) => boolean, fault: Fault): FaultPlan {
  let left = times;
  return (request) => (fits(request) && left-- > 0 ? fault : undefined);
}

const isBlobRead = ({ method, path }: PassingRequest): boolean => method === 'GET' && path.includes('/blobs/sha256:');
const sends = ({ method }: PassingRequest): boolean => method === 'PATCH' || method === 'PUT';

describe.each([
  ['docker-registry', 0],
  ['a registry that resumes', 1],
] as const)('%s', (_, which) => {
  const proxy = (): FaultProxy => proxies[which]!;
  const fresh = (): RegistryRepository => client.repository({ registry: proxy().host, repository: `test/f${count++}` });
  const stored = async (repository: RegistryRepository, size: number): Promise<Content> => {
    const blob = randomBlob(size);
    await repository.write(blob.descriptor, piecewise(blob.bytes));
    return blob;
  };

  const size = 200_000;
  const positions = [0, 1, 2, 100, 16_383, 16_384, 65_535, 65_536, 65_537, 131_072, 199_998, 199_999];

  test.each(positions)('a download that is cut after %i bytes goes on there', async (afterBytes) => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    proxy().plan = first(1, isBlobRead, { kind: 'cut-answer', afterBytes });
    let told = 0;
    expectSame(await readAll(repository.read(descriptor, 0, { onBytes: (count) => (told += count) })), bytes);
    expect(told).toBe(size);
    const ranges = proxy()
      .requests.filter(isBlobRead)
      .map(({ headers }) => headers.range);
    expect(ranges.length).toBe(2);
    expect(ranges[1]).toBe(afterBytes === 0 ? undefined : `bytes=${afterBytes}-`);
  });

  test('a download that is cut again and again', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    proxy().plan = (request) => (isBlobRead(request) ? { kind: 'cut-answer', afterBytes: 9000 } : undefined);
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test('a download is cut before the head of the answer', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    proxy().plan = first(3, isBlobRead, { kind: 'cut-answer', afterBytes: 'head' });
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test.each([0, 1, 100, 65_536, 131_071, 199_999, 200_000])('a small upload that is cut after %i bytes', async (afterBytes) => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(size);
    proxy().plan = first(1, sends, { kind: 'cut-request', afterBytes });
    let told = 0;
    await repository.write(descriptor, piecewise(bytes), { onBytes: (count) => (told += count) });
    expect(told).toBe(size);
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test.each([0, 1, 65_536, 1_000_000, 2_499_999, 2_500_000])('a large upload that is cut after %i bytes', async (afterBytes) => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(2_500_000);
    proxy().plan = first(2, sends, { kind: 'cut-request', afterBytes });
    let told = 0;
    await repository.write(descriptor, piecewise(bytes), { onBytes: (count) => (told += count) });
    expect(told).toBe(bytes.length);
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test('the answer to the end of an upload is lost', async () => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(2_500_000);
    proxy().plan = first(1, ({ method }) => method === 'PUT', { kind: 'cut-answer', afterBytes: 'head' });
    await repository.write(descriptor, piecewise(bytes));
    expect(proxy().requests.filter(({ method }) => method === 'PATCH').length).toBe(1);
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test.each([
    ['GET', 429],
    ['GET', 500],
    ['GET', 503],
    ['POST', 502],
    ['PATCH', 503],
    ['PUT', 429],
    ['PUT', 504],
  ])('%s answered with %i a few times', async (method, status) => {
    const repository = fresh();
    proxy().plan = first(3, (request) => request.method === method, { kind: 'answer', status, headers: { 'retry-after': '0' } });
    const { descriptor, bytes } = await stored(repository, 2_500_000);
    expectSame(await readAll(repository.read(descriptor)), bytes);
    const manifest = await pushedManifest(repository);
    expectSame(await repository.fetch(manifest.descriptor), manifest.bytes);
  });

  test('a registry that never gets better is given up, and the error says what it said', async () => {
    const repository = fresh();
    const body = JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'come \u001b[31mback later' }] });
    proxy().plan = () => ({ kind: 'answer', status: 429, headers: { 'retry-after': '0' }, body });
    const error = await failureOf(repository.resolve({ tag: 'v1' }));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', status: 429, hint: expect.stringContaining('limits the number of requests') });
    // HEAD has no content.
    expect(error.message).toContain(repository.name);
    const { descriptor, bytes } = randomBlob(10);
    const pushing = await failureOf(repository.push(descriptor, bytes));
    expect(pushing.message).toContain('TOOMANYREQUESTS come \\x1b[31mback later');
    expect(proxy().requests.length).toBe(10);
  });

  test('a registry that asks for too much patience is given up at once', async () => {
    proxy().plan = () => ({ kind: 'answer', status: 503, headers: { 'retry-after': '3600' } });
    await expect(fresh().tags()).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
    expect(proxy().requests.length).toBe(1);
  });

  test.each([
    ['a few bytes now and then', { kind: 'slow', afterBytes: 1000, everyMs: 20 }],
    ['no head', { kind: 'silent' }],
  ] as const)('a download that stalls with %s is made anew', async (_what, fault) => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    proxy().plan = first(1, isBlobRead, fault);
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test('a registry that only stalls is given up', async () => {
    const repository = fresh();
    const { descriptor } = await stored(repository, size);
    proxy().plan = (request) => (isBlobRead(request) ? { kind: 'slow', afterBytes: 0, everyMs: 50 } : undefined);
    await expect(readAll(repository.read(descriptor))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  test('the content of a blob is exchanged', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    const other = randomBlob(size).bytes;
    proxy().plan = (request) => (isBlobRead(request) ? { kind: 'change', body: () => other } : undefined);
    const error = await failureOf(readAll(repository.read(descriptor)));
    expect(error).toMatchObject({ code: 'CONTENT_MISMATCH', message: expect.stringContaining(`${repository.name}@${descriptor.digest}`) });
    await expect(repository.fetch(descriptor)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
    expect(bytes.length).toBe(size);
  });

  test.each([
    ['shorter', (body: Buffer) => body.subarray(0, -1)],
    ['longer', (body: Buffer) => Buffer.concat([body, body])],
    ['empty', () => Buffer.alloc(0)],
  ])('a blob comes %s than it is', async (_how, change) => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    proxy().plan = first(1, isBlobRead, { kind: 'change', body: change });
    expectSame(await readAll(repository.read(descriptor)), bytes);
    proxy().plan = (request) => (isBlobRead(request) ? { kind: 'change', body: change } : undefined);
    const error = await failureOf(readAll(repository.read(descriptor)));
    expect(error).toMatchObject({ code: 'CONTENT_MISMATCH', message: expect.stringContaining(descriptor.digest) });
  });

  test('a blob without a length is cut short', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    const chunked = { 'transfer-encoding': 'chunked' };
    proxy().plan = first(1, isBlobRead, { kind: 'change', headers: () => chunked, body: (body) => body.subarray(0, 70_000) });
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test.each([
    ['another part', 'bytes 0-199999/200000'],
    ['a part of something larger', 'bytes 100000-199999/200001'],
    ['a part beyond the end', 'bytes 100000-200000/*'],
    ['nonsense', 'bytes */*'],
  ])('a registry answers a request for the rest with %s', async (_what, range) => {
    const repository = fresh();
    const { descriptor } = await stored(repository, size);
    let reads = 0;
    proxy().plan = (request) => {
      if (!isBlobRead(request)) return undefined;
      return reads++ === 0
        ? { kind: 'cut-answer', afterBytes: 100_000 }
        : { kind: 'change', headers: (headers) => ({ ...headers, 'content-range': range }) };
    };
    await expect(readAll(repository.read(descriptor))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  test('a registry that sends the whole instead of the rest', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    let reads = 0;
    proxy().plan = (request) => {
      if (!isBlobRead(request)) return undefined;
      if (reads++ === 0) return { kind: 'cut-answer', afterBytes: 100_000 };
      delete (request.headers as Record<string, unknown>)['range'];
      return undefined;
    };
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test('a registry that refuses to send the rest', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    let reads = 0;
    proxy().plan = (request) => {
      if (!isBlobRead(request)) return undefined;
      if (reads++ === 0) return { kind: 'cut-answer', afterBytes: 100_000 };
      return request.headers.range === undefined ? undefined : { kind: 'answer', status: 416 };
    };
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });

  test('a manifest changes between HEAD and GET', async () => {
    const repository = fresh();
    const [before, after] = [await pushedManifest(repository), await pushedManifest(repository)];
    await repository.tag(before.descriptor, 'v1');
    const resolved = await repository.resolve({ tag: 'v1' });
    await repository.tag(after.descriptor, 'v1');
    expectSame(await readAll(repository.read(resolved!)), before.bytes);
    const reader = openRegistry({ retries: fast }).repository({
      registry: proxy().host,
      repository: repository.name.slice(repository.name.indexOf('/') + 1),
    });
    proxy().plan = ({ method }) => (method === 'GET' ? { kind: 'change', body: () => after.bytes } : undefined);
    await expect(reader.fetch(resolved!)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  test('a manifest comes damaged once', async () => {
    const repository = fresh();
    const manifest = await pushedManifest(repository);
    const reader = openRegistry({ retries: fast }).repository({
      registry: proxy().host,
      repository: repository.name.slice(repository.name.indexOf('/') + 1),
    });
    proxy().plan = first(1, ({ method }) => method === 'GET', { kind: 'change', body: (body) => body.subarray(1) });
    expectSame(await reader.fetch(manifest.descriptor), manifest.bytes);
  });

  test('the registry says that it stored something else', async () => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(100);
    const wrong = `sha256:${'0'.repeat(64)}`;
    proxy().plan = ({ method }) =>
      method === 'PUT' ? { kind: 'change', headers: (headers) => ({ ...headers, 'docker-content-digest': wrong }) } : undefined;
    await expect(repository.push(descriptor, bytes)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  test('an answer that never ends does not fill the memory', async () => {
    proxy().plan = () => ({ kind: 'answer', status: 200, body: 'x'.repeat(5 * 1024 * 1024) });
    await expect(fresh().tags()).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });

  test('whoever stops a transfer gets their own reason', async () => {
    const repository = fresh();
    const { descriptor, bytes } = await stored(repository, size);
    const reading = new AbortController();
    proxy().plan = (request) => (isBlobRead(request) || sends(request) ? { kind: 'silent' } : undefined);
    setTimeout(() => reading.abort(new Error('enough')), 30);
    await expect(readAll(repository.read(descriptor, 0, { signal: reading.signal }))).rejects.toThrow('enough');
    const writing = new AbortController();
    const other = randomBlob(10_000_000);
    setTimeout(() => writing.abort(new Error('enough of this')), 30);
    await expect(repository.write(other.descriptor, piecewise(other.bytes), { signal: writing.signal })).rejects.toThrow('enough of this');
    proxy().plan = () => undefined;
    expectSame(await readAll(repository.read(descriptor)), bytes);
  });
});

test('an upload goes on where the registry stopped', async () => {
  const proxy = proxies[1]!;
  const repository = client.repository({ registry: proxy.host, repository: 'test/resumed' });
  const { descriptor, bytes } = randomBlob(5_000_000);
  proxy.plan = first(1, sends, { kind: 'cut-request', afterBytes: 2_000_000 });
  const steps: number[] = [];
  await repository.write(descriptor, piecewise(bytes), { onBytes: (count) => steps.push(count) });
  const [begin, ...rest] = proxy.requests.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range']);
  expect(begin).toBe('0-4999999');
  expect(rest).toEqual(['2000000-4999999']);
  expect(steps.filter((count) => count < 0).length).toBeLessThanOrEqual(1);
  expect(proxy.requests.filter(({ method }) => method === 'POST').length).toBe(1);
});
