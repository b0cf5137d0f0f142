import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ImageError } from '../../runtime/base/errors.ts';
import { exportArchive } from '../../runtime/oci/archive/export-archive.ts';
import { type ImportedImage, importArchive } from '../../runtime/oci/archive/import-archive.ts';
import { Archive } from '../../runtime/oci/archive/open-archive.ts';
import { attachmentTag, findAttachments } from '../../runtime/oci/attachments.ts';
import { digestOf } from '../../runtime/oci/digest.ts';
import { parseImageReference, standardDefaultRegistry } from '../../runtime/oci/image-reference.ts';
import { type ImageStore, openImageStore } from '../../runtime/oci/store/image-store.ts';
import { LocalRepository } from '../../runtime/oci/store/local-repository.ts';
import { pushImage, sampleAttachment, sampleImage } from '../support/sample-image.ts';

let folder: string;
let store: ImageStore;
let other: ImageStore;
const repositoryName = 'example.org/tools/x';
const v1 = parseImageReference(`${repositoryName}:v1`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
  store = openImageStore(join(folder, 'store'));
  other = openImageStore(join(folder, 'other'));
});

afterEach(async () => {
  await store.close();
  await other.close();
  rmSync(folder, { recursive: true });
});

const archivePath = () => join(folder, 'images.tar');

async function exported(): Promise<Buffer> {
  await pipeline(exportArchive(await store.list(), store), createWriteStream(archivePath()));
  return readFileSync(archivePath());
}

async function imported(repository?: string, path = archivePath()): Promise<readonly ImportedImage[]> {
  const archive = await Archive.open(path);
  try {
    const options = { defaultRegistry: standardDefaultRegistry, ...(repository === undefined ? {} : { repository }) };
    return await importArchive(archive, other, options);
  } finally {
    await archive.close();
  }
}

interface Entry {
  readonly name: string;
  readonly text?: string | Uint8Array;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device';
  readonly linkname?: string;
}

async function written(entries: readonly Entry[]): Promise<void> {
  const tar = pack();
  for (const { text = '', ...header } of entries) tar.entry(header, Buffer.from(text));
  tar.finalize();
  await pipeline(tar, createWriteStream(archivePath()));
}

const layoutFolder = () => join(folder, 'layout');

/** The entries as files of a folder. */
function unpacked(entries: readonly Entry[]): void {
  for (const { name, text = '', type = 'file', linkname = '' } of entries) {
    const path = join(layoutFolder(), name);
    mkdirSync(dirname(path), { recursive: true });
    if (type === 'directory') mkdirSync(path, { recursive: true });
    else if (type === 'symlink') symlinkSync(linkname, path);
    else writeFileSync(path, text);
  }
}

/** The entries of an image layout, its index naming the image as the name says. */
function layoutOf(image: ReturnType<typeof sampleImage>, name: string | undefined): Entry[] {
  const annotations = name === undefined ? {} : { 'org.opencontainers.image.ref.name': name };
  const index = { schemaVersion: 2, manifests: [{ ...image.root, annotations }] };
  return [
    { name: 'oci-layout', text: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', text: JSON.stringify(index) },
    ...image.content.map(({ descriptor, bytes }) => ({ name: `blobs/sha256/${descriptor.digest.slice(7)}`, text: bytes })),
  ];
}

const coded = (code: string) => expect.objectContaining({ code }) as unknown as ImageError;

describe('export and import', () => {
  test('carry images with all that is attached to them', async () => {
    const repository = new LocalRepository(store, repositoryName);
    const { root, content } = await pushImage(store, sampleImage('a'));
    await store.tag(root, v1, { builtHere: true });
    const signature = await pushImage(repository, sampleAttachment('signature'));
    await repository.tag(signature.root, attachmentTag(root.digest, '.sig'));
    const sbom = await pushImage(repository, sampleAttachment('sbom', root));
    await repository.commit();
    await exported();
    expect(await imported()).toMatchObject([{ name: `${repositoryName}:v1`, attachments: 2, sparse: false }]);
    const copy = new LocalRepository(other, repositoryName);
    for (const { descriptor, bytes } of content) expect(Buffer.from(await copy.fetch(descriptor))).toEqual(Buffer.from(bytes));
    expect((await findAttachments(copy, root.digest)).map(({ descriptor }) => descriptor.digest)).toEqual([
      signature.root.digest,
      sbom.root.digest,
    ]);
    expect(await other.find(v1)).toMatchObject({ builtHere: false });
  });

  test('give the same bytes for the same images, whatever the order they were stored in', async () => {
    for (const name of ['b', 'a']) await store.tag((await pushImage(store, sampleImage(name))).root, parseImageReference(name));
    const first = digestOf(await exported());
    await imported();
    [store, other] = [other, store];
    expect(digestOf(await exported())).toBe(first);
  });

  test('refuse a sparse image, and say what to do', async () => {
    const { root, content } = await pushImage(store, sampleImage('a'));
    await store.tag(root, v1);
    rmSync(join(folder, 'store/blobs/sha256', content[2]!.descriptor.digest.slice(7)));
    await store.tag(root, v1, { sparse: true });
    await expect(exported()).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_SPARSE', hint: expect.stringContaining('gadget pull') }),
    );
  });
});

describe('an image layout of another tool', () => {
  const image = sampleImage('foreign');

  test.each([
    ['names with "./" before them', (entry: Entry) => ({ ...entry, name: `./${entry.name}` })],
    ['names as they are', (entry: Entry) => entry],
  ])('with %s is read', async (_, rename) => {
    const folders: Entry[] = [
      { name: 'blobs', type: 'directory' },
      { name: 'blobs/sha256', type: 'directory' },
      { name: 'ingest', type: 'directory' },
    ];
    await written([...folders, ...layoutOf(image, `${repositoryName}:v1`)].map(rename));
    expect(await imported()).toMatchObject([{ name: `${repositoryName}:v1`, descriptor: { digest: image.root.digest } }]);
  });

  test.each([
    ['v1', `${repositoryName}:v1`],
    [undefined, `${repositoryName}@${image.root.digest}`],
  ])('that calls its image %j needs a repository', async (name, expected) => {
    await written(layoutOf(image, name));
    await expect(imported()).rejects.toThrow(coded('IMAGE_REFERENCE_INVALID'));
    expect(await imported(repositoryName)).toMatchObject([{ name: expected }]);
  });

  test('that lists the parts of its image too has one image', async () => {
    const layout = layoutOf(image, `${repositoryName}:v1`);
    const index = layout.find(({ name }) => name === 'index.json')!;
    const document = JSON.parse(String(index.text));
    const parts = image.content.map(({ descriptor }) => descriptor).filter(({ mediaType }) => mediaType.endsWith('manifest.v1+json'));
    const text = JSON.stringify({ ...document, manifests: [...parts, ...document.manifests] });
    await written(layout.map((entry) => (entry === index ? { ...entry, text } : entry)));
    expect(await imported()).toMatchObject([{ name: `${repositoryName}:v1` }]);
  });

  test('with one platform only becomes a sparse image', async () => {
    const arm = new Set(image.content.slice(3, 5).map(({ descriptor }) => `blobs/sha256/${descriptor.digest.slice(7)}`));
    await written(layoutOf(image, `${repositoryName}:v1`).filter(({ name }) => !arm.has(name)));
    expect(await imported()).toMatchObject([{ sparse: true }]);
  });
});

describe('an image layout in a folder', () => {
  const image = sampleImage('unpacked');
  const layout = layoutOf(image, `${repositoryName}:v1`);
  const without = (name: string) => layout.filter((entry) => entry.name !== name);
  const blobName = `blobs/sha256/${'0'.repeat(64)}`;

  test('is read as it lies, whoever left its folder for temporary files there', async () => {
    unpacked([...layout, { name: 'ingest', type: 'directory' }]);
    expect(await imported(undefined, layoutFolder())).toMatchObject([{ name: `${repositoryName}:v1`, sparse: false }]);
    for (const { descriptor, bytes } of image.content) expect(Buffer.from(await other.fetch(descriptor))).toEqual(Buffer.from(bytes));
  });

  test.each<[string, Entry[], RegExp]>([
    ['a link for a blob', [...layout, { name: blobName, type: 'symlink', linkname: '/etc/passwd' }], /symlink "blobs.sha256.0/],
    ['a link for its index', [...without('index.json'), { name: 'index.json', type: 'symlink', linkname: 'oci-layout' }], /symlink "index/],
    ['a link for a folder', [...layout, { name: 'ingest', type: 'symlink', linkname: 'blobs' }], /symlink "ingest"/],
    ['a file that no layout has', [...layout, { name: 'run.sh', text: 'x' }], /"run.sh"/],
    ['a folder that no layout has', [...layout, { name: 'etc/deep/file', text: 'x' }], /directory "etc"/],
    ['a blob that is a folder', [...layout, { name: blobName, type: 'directory' }], /directory "blobs/],
    ['no index', without('index.json'), /no index.json/],
    ['nothing of a layout', [{ name: 'manifest.json', text: '[]' }], /no "oci-layout"/],
  ])('with %s is refused', async (_, entries, problem) => {
    unpacked(entries);
    await expect(imported(undefined, layoutFolder())).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(problem),
      context: { path: layoutFolder() },
    });
    expect(await other.list()).toEqual([]);
  });

  test('with an index larger than any is refused before it is read', async () => {
    unpacked(layout);
    truncateSync(join(layoutFolder(), 'index.json'), 17 * 1024 * 1024);
    await expect(imported(undefined, layoutFolder())).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', context: { path: layoutFolder() } });
  });

  test('with a blob cut short is refused', async () => {
    unpacked(layout);
    const blob = image.content[0]!.descriptor.digest.slice(7);
    truncateSync(join(layoutFolder(), 'blobs/sha256', blob), 3);
    await expect(imported(undefined, layoutFolder())).rejects.toThrow(coded('IMAGE_INVALID'));
  });
});

describe('a compressed archive', () => {
  test.each([
    ['gzip', gzipSync('x'), 'gunzip -c FILE | gadget image import -'],
    ['zstd', Buffer.from('28b52ffd0400', 'hex'), 'zstd -dc FILE | gadget image import -'],
  ])('by %s is refused, and how to read it is said', async (name, bytes, hint) => {
    writeFileSync(archivePath(), bytes);
    await expect(imported()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(`images.tar is compressed by ${name}`),
      context: { path: archivePath() },
      hint,
    });
  });
});

describe('a damaged or hostile archive', () => {
  const image = sampleImage('x');
  const layout = layoutOf(image, `${repositoryName}:v1`);
  const layerPath = layout.find(({ text }) => String(text).startsWith('amd64'))!.name;
  const change = (name: string, entry: Partial<Entry>) => layout.map((each) => (each.name === name ? { ...each, ...entry } : each));

  test.each<[string, Entry[], string]>([
    ['a way out of the folder', [...layout, { name: '../evil', text: 'x' }], 'ARCHIVE_INVALID'],
    ['an absolute name', [...layout, { name: '/etc/evil', text: 'x' }], 'ARCHIVE_INVALID'],
    ['a symbolic link', [...layout, { name: 'blobs/sha256/x', type: 'symlink', linkname: '/etc/passwd' }], 'ARCHIVE_INVALID'],
    ['a hard link', [...layout, { name: 'index.json', type: 'link', linkname: '/etc/passwd' }], 'ARCHIVE_INVALID'],
    ['a device', [...layout, { name: 'blobs/sha256/d', type: 'character-device' }], 'ARCHIVE_INVALID'],
    ['a folder that no layout has', [...layout, { name: 'etc', type: 'directory' }], 'ARCHIVE_INVALID'],
    ['a file that no layout has', [...layout, { name: 'run.sh', text: 'x' }], 'ARCHIVE_INVALID'],
    ['no index', layout.filter(({ name }) => name !== 'index.json'), 'ARCHIVE_INVALID'],
    ['neither kind of index', [{ name: 'hello', text: 'x' }], 'ARCHIVE_INVALID'],
    ['another version', change('oci-layout', { text: '{"imageLayoutVersion":"2.0.0"}' }), 'ARCHIVE_INVALID'],
    ['an index that is no JSON', change('index.json', { text: '{' }), 'IMAGE_INVALID'],
    ['content that is not what its name says', change(layerPath, { text: 'amd64 object of y' }), 'IMAGE_INVALID'],
    ['content of another length', change(layerPath, { text: 'amd64' }), 'IMAGE_INVALID'],
    ['a part that is missing', layout.filter(({ name }) => name !== layerPath), 'IMAGE_NOT_FOUND'],
    ['a name that is none', layoutOf(image, 'UPPER/case:!'), 'IMAGE_REFERENCE_INVALID'],
  ])('with %s is refused', async (_, entries, code) => {
    await written(entries);
    await expect(imported()).rejects.toThrow(coded(code));
    expect(await other.list()).toEqual([]);
  });

  test.each([700, 1700, 3100, 3500])('that ends after %i bytes is refused', async (cut) => {
    await written(layout);
    writeFileSync(archivePath(), readFileSync(archivePath()).subarray(0, cut));
    await expect(imported()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', context: { path: archivePath() } });
  });

  test.each<[string, Entry[], (bytes: Buffer) => Buffer]>([
    ['damaged', layout, (bytes) => bytes.fill('x', 148, 156)],
    ['too long', [{ name: 'x'.repeat(70_000) }], (bytes) => bytes],
    ['cut off', layout, (bytes) => bytes.subarray(0, 1500)],
  ])('whose header is %s is refused by its path', async (_, entries, change) => {
    await written(entries);
    writeFileSync(archivePath(), change(readFileSync(archivePath())));
    await expect(imported()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(archivePath()),
      context: { path: archivePath() },
    });
  });

  test('that is no file is refused, and not waited for', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(imported(undefined, pipe)).rejects.toThrow(coded('ARCHIVE_INVALID'));
    await expect(imported(undefined, join(folder, 'nothing'))).rejects.toThrow(coded('STORE_IO'));
  });

  test('that is no archive is refused', async () => {
    writeFileSync(archivePath(), 'hello '.repeat(1000));
    await expect(imported()).rejects.toThrow(coded('ARCHIVE_INVALID'));
  });
});

describe('an archive of docker save', () => {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux' });
  const manifest = [{ Config: 'c.json', RepoTags: ['localhost:5000/tools/y:v2'], Layers: ['a/layer.tar', 'b/layer.tar'] }];
  const entries: Entry[] = [
    { name: 'a/layer.tar', text: 'first' },
    { name: 'b/layer.tar', text: 'second' },
    { name: 'b/VERSION', text: '1.0' },
    { name: 'd/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
    { name: 'c.json', text: config },
    { name: 'manifest.json', text: JSON.stringify(manifest) },
  ];

  test('becomes an image', async () => {
    await written(entries);
    const [image] = await imported();
    expect(image).toMatchObject({ name: 'localhost:5000/tools/y:v2' });
    const bytes = await other.fetch(image!.descriptor);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
      config: { digest: digestOf(Buffer.from(config)) },
      layers: [{ digest: digestOf(Buffer.from('first')) }, { digest: digestOf(Buffer.from('second')) }],
    });
  });

  test.each([
    ['a file that is not there', [{ ...manifest[0], Layers: ['nowhere'] }]],
    ['a link', [{ ...manifest[0], Layers: ['d/layer.tar'] }]],
    ['no layers', [{ Config: 'c.json' }]],
    ['something else', { a: 1 }],
  ])('whose manifest names %s is refused', async (_, document) => {
    await written([...entries.slice(0, 5), { name: 'manifest.json', text: JSON.stringify(document) }]);
    await expect(imported()).rejects.toBeInstanceOf(ImageError);
  });
});
