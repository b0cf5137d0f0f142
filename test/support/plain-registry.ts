import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachmentTag } from '../../runtime/oci/attachments.ts';
import { type Descriptor, describe, verifyContent } from '../../runtime/oci/descriptor.ts';
import type { Digest } from '../../runtime/oci/digest.ts';
import { parseImageIndex, parseManifest } from '../../runtime/oci/manifest.ts';
import { isIndexType, isManifestType, mediaTypes } from '../../runtime/oci/media-types.ts';
import type { ContentSource, Repository, Version } from '../../runtime/oci/repository.ts';

/** Debian's docker-registry on loopback, over plain HTTP and without credentials. */
export interface PlainRegistry {
  readonly host: string;
  stop(): void;
}

export async function startPlainRegistry(): Promise<PlainRegistry> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), 'gadget-registry-')), await freePort()];
  const config = `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: 127.0.0.1:${port}}\n`;
  writeFileSync(join(folder, 'config.yml'), config);
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const host = `127.0.0.1:${port}`;
  await untilReady(host, child);
  return {
    host,
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function untilReady(host: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const response = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('docker-registry does not answer');
}

const accepted = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', ');

/** One repository of it, with the fallback tag for referrers. Enough for tests of signatures; it retries nothing. */
export class PlainRepository implements Repository {
  readonly name: string;
  readonly #url: string;

  constructor(host: string, repository: string) {
    this.name = `${host}/${repository}`;
    this.#url = `http://${host}/v2/${repository}`;
  }

  async resolve({ tag, digest }: Version): Promise<Descriptor | undefined> {
    const response = await fetch(`${this.#url}/manifests/${digest ?? tag}`, { headers: { accept: accepted } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok ? describe(response.headers.get('content-type')!, bytes) : undefined;
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return (await fetch(this.#address(descriptor), { method: 'HEAD', headers: { accept: accepted } })).ok;
  }

  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    const bytes = new Uint8Array(await (await fetch(this.#address(descriptor), { headers: { accept: accepted } })).arrayBuffer());
    verifyContent(descriptor, bytes);
    return bytes;
  }

  async *read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    yield (await this.fetch(descriptor)).subarray(fromByte);
  }

  async tags(): Promise<readonly string[]> {
    return ((await (await fetch(`${this.#url}/tags/list`)).json()) as { tags: string[] }).tags;
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const index = await this.resolve({ tag: attachmentTag(subject) });
    return index === undefined || !isIndexType(index.mediaType) ? [] : parseImageIndex(await this.fetch(index)).manifests;
  }

  async push(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) return this.#upload(descriptor, bytes);
    await this.#putManifest(descriptor, bytes, descriptor.digest);
    const subject = isManifestType(descriptor.mediaType) ? parseManifest(bytes).subject : undefined;
    if (subject !== undefined) await this.#addReferrer(subject.digest, descriptor);
  }

  async write(descriptor: Descriptor, source: ContentSource): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source(0)) pieces.push(piece);
    await this.push(descriptor, Buffer.concat(pieces));
  }

  async tag(descriptor: Descriptor, tag: string): Promise<void> {
    await this.#putManifest(descriptor, await this.fetch(descriptor), tag);
  }

  #address({ mediaType, digest }: Descriptor): string {
    return `${this.#url}/${isManifestType(mediaType) || isIndexType(mediaType) ? 'manifests' : 'blobs'}/${digest}`;
  }

  async #upload({ digest }: Descriptor, body: Uint8Array): Promise<void> {
    const location = (await expectOk(await fetch(`${this.#url}/blobs/uploads/`, { method: 'POST' }))).headers.get('location')!;
    await expectOk(await fetch(`${location}&digest=${digest}`, { method: 'PUT', body: Buffer.from(body) }));
  }

  async #putManifest({ mediaType }: Descriptor, body: Uint8Array, name: string): Promise<void> {
    const headers = { 'content-type': mediaType };
    await expectOk(await fetch(`${this.#url}/manifests/${name}`, { method: 'PUT', headers, body: Buffer.from(body) }));
  }

  async #addReferrer(subject: Digest, descriptor: Descriptor): Promise<void> {
    const manifests = [...(await this.referrers(subject)), descriptor];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
    await this.#putManifest(describe(mediaTypes.index, bytes), bytes, attachmentTag(subject));
  }
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
