import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { makeCertificates } from '../../registry-fixtures/certificates.ts';
import { makeFolder, removeFolder } from '../../registry-fixtures/folder.ts';
import { closer, freePort, listen } from '../../registry-fixtures/listen.ts';
import { detectTls } from '../../runtime/oci/registry/http/detect-tls.ts';
import { isLoopback } from '../../runtime/oci/registry/http/loopback.ts';
import { proxyFor } from '../../runtime/oci/registry/http/proxy.ts';
import { Retries } from '../../runtime/oci/registry/http/retries.ts';
import { Slots } from '../../runtime/oci/registry/http/slots.ts';
import { RegistryError } from '../../runtime/oci/registry/registry-error.ts';

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['a.localhost', true],
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['[::1]', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example', false],
  ['10.0.0.1', false],
  ['[::2]', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

const proxies = { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'q:2' };
test.each([
  ['https://r.example', proxies, 'http://p:1/'],
  ['http://r.example', proxies, 'http://q:2/'],
  ['https://r.example', { HTTP_PROXY: 'q:2' }, undefined],
  ['https://r.example', { ...proxies, https_proxy: 'http://lower:3' }, 'http://lower:3/'],
  ['https://127.0.0.1:5000', proxies, undefined],
  ['https://[::1]:5000', proxies, undefined],
  ['https://localhost', proxies, undefined],
  ['https://r.example', { ...proxies, NO_PROXY: 'r.example' }, undefined],
  ['https://a.r.example', { ...proxies, NO_PROXY: 'x, r.example' }, undefined],
  ['https://r.example', { ...proxies, NO_PROXY: '.r.example' }, 'http://p:1/'],
  ['https://a.r.example', { ...proxies, NO_PROXY: '*.r.example' }, undefined],
  ['https://other.example', { ...proxies, NO_PROXY: 'r.example' }, 'http://p:1/'],
  ['https://r.example:444', { ...proxies, NO_PROXY: 'r.example:443' }, 'http://p:1/'],
  ['https://r.example', { ...proxies, NO_PROXY: 'r.example:443' }, undefined],
  ['https://10.1.2.3', { ...proxies, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3', { ...proxies, NO_PROXY: '10.0.0.0/8,10.0.0.0/99' }, 'http://p:1/'],
  ['https://[fd00::5]', { ...proxies, NO_PROXY: 'fd00::/8' }, undefined],
  ['https://r.example', { ...proxies, NO_PROXY: '*' }, undefined],
  ['https://r.example', { HTTPS_PROXY: 'http://[' }, undefined],
])('%s with %j goes through %s', (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)?.href).toBe(expected);
});

const transient = (retryAfterMs?: number) =>
  new RegistryError('REGISTRY_ERROR', 'x', { transient: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const policy = { attempts: 3, totalAttempts: 6, longestRowMs: 300_000, firstPauseMs: 1, longestPauseMs: 2, longestRetryAfterMs: 100 };

async function triesOf(retries: Retries, error: () => Error, onTry: (count: number) => void = () => undefined): Promise<number> {
  for (let count = 1; ; count++) {
    onTry(count);
    try {
      await retries.pause(error());
    } catch {
      return count;
    }
  }
}

test.each([
  ['a transient error', () => transient(), 3],
  ['a final one', () => new RegistryError('REGISTRY_ERROR', 'x'), 1],
  ['one of somebody else', () => new Error('x'), 1],
  ['one that asks for a little patience', () => transient(5), 3],
  ['one that asks for too much', () => transient(101), 1],
  ['nobody listening', () => new RegistryError('REGISTRY_UNREACHABLE', 'x', { transient: true, cause: { code: 'ECONNREFUSED' } }), 2],
])('%s is tried %#', async (_, error, expected) => {
  expect(await triesOf(new Retries(policy), error)).toBe(expected);
});

test('progress brings more tries, but not without end', async () => {
  const retries = new Retries(policy);
  expect(
    await triesOf(
      retries,
      () => transient(),
      () => retries.progressed(),
    ),
  ).toBe(6);
});

test('tries end when they took too long', async () => {
  expect(
    await triesOf(new Retries({ ...policy, attempts: 1000, totalAttempts: 1000, longestRowMs: 50 }), () => transient(20)),
  ).toBeLessThan(5);
});

test('work inside of work does not multiply the tries', async () => {
  const error = transient();
  await triesOf(new Retries(policy), () => error);
  expect(await triesOf(new Retries(policy), () => error)).toBe(1);
});

test('a pause ends when the work is stopped', async () => {
  const stop = new AbortController();
  const waiting = new Retries({ ...policy, firstPauseMs: 60_000, longestPauseMs: 60_000 }, stop.signal).pause(transient());
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('places are given in turn, and back once', async () => {
  const slots = new Slots(1);
  const order: number[] = [];
  const first = await slots.take();
  const stop = new AbortController();
  const abandoned = slots.take(stop.signal);
  const others = [1, 2].map(async (number) => {
    const leave = await slots.take();
    order.push(number);
    leave();
    leave();
  });
  stop.abort(new Error('enough'));
  await expect(abandoned).rejects.toThrow('enough');
  expect(order).toEqual([]);
  first();
  await Promise.all(others);
  expect(order).toEqual([1, 2]);
  (await slots.take())();
});

test.each([
  ['an alert', Buffer.from([0x15, 3, 1, 0, 2, 2, 40]), true],
  ['plain HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), false],
  ['nothing, and ends', undefined, false],
])('a server that answers with %s', async (_, answer, expected) => {
  const server = createServer((socket) =>
    socket.on('error', () => undefined).once('data', () => (answer === undefined ? socket.end() : socket.end(answer))),
  );
  const close = closer(server);
  expect(await detectTls('127.0.0.1', await listen(server), 1000)).toBe(expected);
  await close();
});

test('a server that says nothing, and nobody', async () => {
  const server = createServer(() => undefined);
  const close = closer(server);
  expect(await detectTls('127.0.0.1', await listen(server), 30)).toBeUndefined();
  await close();
  expect(await detectTls('127.0.0.1', await freePort(), 1000)).toBeUndefined();
});

test('a server of OpenSSL, and one of plain HTTP', async () => {
  const folder = makeFolder();
  const { certFile, keyFile } = makeCertificates(folder);
  const secured = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const plain = createHttpServer();
  for (const [server, expected] of [
    [secured, true],
    [plain, false],
  ] as const) {
    const close = closer(server);
    expect(await detectTls('127.0.0.1', await listen(server), 1000)).toBe(expected);
    await close();
  }
  removeFolder(folder);
});
