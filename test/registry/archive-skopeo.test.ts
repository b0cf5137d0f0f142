import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect, test } from 'vitest';
import { exportArchive } from '../../runtime/oci/archive/export-archive.ts';
import { importArchive } from '../../runtime/oci/archive/import-archive.ts';
import { Archive } from '../../runtime/oci/archive/open-archive.ts';
import { parseImageReference, standardDefaultRegistry } from '../../runtime/oci/image-reference.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'archive-skopeo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const name = 'example.org/tools/x:v1';

async function exportSample(path: string): Promise<string> {
  const store = openImageStore(join(folder, 'store'));
  const { root } = await pushImage(store, sampleImage('skopeo'));
  await store.tag(root, parseImageReference(name));
  await store.close();
  await pipeline(exportArchive(await store.list(), store), createWriteStream(path));
  return root.digest;
}

async function importAll(path: string, repository?: string) {
  const archive = await Archive.open(path);
  const store = openImageStore(mkdtempSync(join(folder, 'imported-')));
  try {
    const options = { defaultRegistry: standardDefaultRegistry, ...(repository === undefined ? {} : { repository }) };
    return await importArchive(archive, store, options);
  } finally {
    await archive.close();
  }
}

test('skopeo reads an archive of ours, and we read what it writes, all platforms under one digest', async () => {
  const digest = await exportSample(join(folder, 'ours.tar'));
  execFileSync('skopeo', ['copy', '--all', `oci-archive:${folder}/ours.tar:${name}`, `oci-archive:${folder}/theirs.tar:v9`], {
    stdio: 'pipe',
  });
  expect(await importAll(join(folder, 'theirs.tar'), 'example.org/tools/x')).toMatchObject([
    { name: 'example.org/tools/x:v9', descriptor: { digest }, sparse: false },
  ]);
});

test('a folder of skopeo is read as it lies, and packed by tar', async () => {
  const digest = await exportSample(join(folder, 'ours.tar'));
  execFileSync('skopeo', ['copy', '--all', `oci-archive:${folder}/ours.tar:${name}`, `oci:${folder}/layout:v9`], { stdio: 'pipe' });
  execFileSync('tar', ['-C', join(folder, 'layout'), '-cf', join(folder, 'packed.tar'), '.']);
  for (const path of ['layout', 'packed.tar']) {
    expect(await importAll(join(folder, path), 'example.org/tools/x')).toMatchObject([{ descriptor: { digest }, sparse: false }]);
  }
});
