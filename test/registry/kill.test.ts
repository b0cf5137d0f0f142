import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { exportArchive } from '../../runtime/oci/archive/export-archive.ts';
import { attachmentTag } from '../../runtime/oci/attachments.ts';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { walkGraph } from '../../runtime/oci/graph.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { isManifestType } from '../../runtime/oci/media-types.ts';
import { pullImage } from '../../runtime/oci/pull.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { findProgram } from '../support/find-program.ts';
import { type SampleImage, sampleAttachment, sampleImage } from '../support/sample-image.ts';

/** So many take about a minute. */
const kills = Number(process.env['GADGET_TEST_KILLS'] ?? 200);
const layerBytes = 400_000;

describe.skipIf(findProgram('docker-registry') === undefined)('pull, push, import, remove and prune by two processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-kill-'));
  const root = join(folder, 'store');
  const archive = join(folder, 'images.tar');
  const client = openRegistry();
  let registry: DockerRegistry;
  let images: string[];

  beforeAll(async () => {
    registry = await startDockerRegistry();
    const entryPoints = [new URL('../support/image-worker.ts', import.meta.url).pathname];
    const [outfile, banner] = [
      join(folder, 'worker.mjs'),
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    ];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner: { js: banner } });
    images = ['a', 'b', 'c'].map((name) => `${registry.host}/org/${name}:v1`);
    for (const image of images) await publish(image);
    await archiveOf(images);
  }, 60_000);
  afterAll(async () => {
    client.close();
    await registry.close();
    rmSync(folder, { recursive: true });
  });

  /** An image large enough to be in the middle of it, with a signature by tag and a note by subject. */
  async function publish(image: string): Promise<void> {
    const repository = client.repository(parseImageReference(image));
    const push = async ({ content }: SampleImage) => {
      for (const { descriptor, bytes } of content) await repository.push(descriptor, bytes);
    };
    const made = sampleImage(randomBytes(layerBytes / 2).toString('hex'));
    const signature = sampleAttachment(`signature of ${image}`);
    for (const part of [made, signature, sampleAttachment(`note on ${image}`, made.root)]) await push(part);
    await repository.tag(made.root, 'v1');
    await repository.tag(signature.root, attachmentTag(made.root.digest, '.sig'));
  }

  async function archiveOf(names: readonly string[]): Promise<void> {
    const store = openImageStore(join(folder, 'source'));
    for (const name of names) {
      const reference = parseImageReference(name);
      await pullImage(client.repository(reference), store, reference, { verify: async () => undefined });
    }
    await pipeline(exportArchive(await store.list(), store), createWriteStream(archive));
  }

  async function startWorker(seed: number): Promise<{ child: ChildProcess; faults: () => string }> {
    const child = spawn(process.execPath, [join(folder, 'worker.mjs'), root, archive, String(seed), ...images], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let faults = '';
    child.stderr!.on('data', (text) => {
      faults += text;
    });
    await once(child.stdout!, 'data');
    return { child, faults: () => faults };
  }

  /** Every name has all its content with the right bytes, but for platforms of sparse images. How many names there are. */
  async function checkWhole(): Promise<number> {
    const store = openImageStore(root, { readOnly: true });
    const entries = await store.entries();
    for (const { descriptor, sparse } of entries) {
      const isLeftOut = async (part: Descriptor) => sparse && isManifestType(part.mediaType) && !(await store.exists(part));
      const content = await walkGraph(descriptor, async (manifest) =>
        (await isLeftOut(manifest)) ? undefined : await store.fetch(manifest),
      );
      for (const part of content) if (!(await isLeftOut(part))) await store.fetch(part);
    }
    return entries.length;
  }

  test(`killed at ${kills} moments leave the store whole`, { timeout: 30_000 + kills * 2_000 }, async () => {
    const running = await Promise.all([startWorker(1), startWorker(2)]);
    let namesSeen = 0;
    for (let round = 0; round < kills; round++) {
      await sleep(Math.random() * 150);
      const at = round % 2;
      const { child, faults } = running[at]!;
      const other = running[1 - at]!;
      expect([child.exitCode, faults(), other.child.exitCode, other.faults()]).toEqual([null, '', null, '']);
      child.kill('SIGKILL');
      await once(child, 'exit');
      // Stopped while the store is looked at, and perhaps killed there later.
      other.child.kill('SIGSTOP');
      namesSeen += await checkWhole();
      other.child.kill('SIGCONT');
      running[at] = await startWorker(1000 + round);
    }
    for (const { child } of running) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(namesSeen).toBeGreaterThan(kills);
    const store = openImageStore(root);
    await checkWhole();
    await store.prune();
    await checkWhole();
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    for (const image of images) {
      const reference = parseImageReference(image);
      await pullImage(client.repository(reference), store, reference, { verify: async () => undefined });
    }
    expect((await store.list()).filter(({ sparse }) => !sparse).map(({ name }) => name)).toEqual(images);
    for (const { name } of await store.list()) await store.remove(parseImageReference(name));
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
  });
});
