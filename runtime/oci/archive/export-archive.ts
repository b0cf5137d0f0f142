import { pack } from 'tar-stream';
import { findAttachments } from '../attachments.ts';
import type { LocalImages, TaggedImage } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { walkGraph } from '../graph.ts';
import { splitStoredName } from '../image-summary.ts';
import { annotationKeys, mediaTypes } from '../media-types.ts';
import { sparseImage } from '../push.ts';
import { layoutMarker } from '../store/layout.ts';
import { ReadableLocalRepository } from '../store/local-repository.ts';
import { blobPath } from './image-layout.ts';

/** What goes into an archive: its index and its content, sorted, so that the same images give the same bytes. */
interface Contents {
  /** By full name; a referrer's is its digest. */
  readonly entries: Map<string, Descriptor>;
  readonly blobs: Map<Digest, Descriptor>;
}

/**
 * The images as an OCI image layout in a tar, with what is attached to them: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md.
 * Deterministic. Names are full references. Errors: IMAGE_SPARSE, and those of reading the store.
 */
export async function* exportArchive(images: readonly TaggedImage[], store: LocalImages): AsyncIterable<Uint8Array> {
  const { entries, blobs } = await collect(images, store);
  const tar = pack();
  const put = (name: string, text: string) => tar.entry(header(name, Buffer.byteLength(text)), text);
  const write = async () => {
    put('oci-layout', layoutMarker);
    put('index.json', JSON.stringify(layoutIndex(entries)));
    for (const blob of [...blobs.values()].sort(byDigest)) {
      await new Promise<void>((resolve, reject) => {
        const sink = tar.entry(header(blobPath(blob.digest), blob.size), (error) => (error ? reject(error) : resolve()));
        pour(store.read(blob), sink).catch(reject);
      });
    }
    tar.finalize();
  };
  const writing = write().catch((error: Error) => tar.destroy(error));
  yield* tar as AsyncIterable<Uint8Array>;
  await writing;
}

/** Same for all, so that only content makes a difference. */
function header(name: string, size: number) {
  return { name, size, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, type: 'file' as const };
}

interface EntrySink {
  write(piece: Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(last: null): unknown;
}

async function pour(pieces: AsyncIterable<Uint8Array>, sink: EntrySink): Promise<void> {
  for await (const piece of pieces) {
    if (!sink.write(piece)) await new Promise<void>((resolve) => sink.once('drain', resolve));
  }
  sink.end(null);
}

async function collect(images: readonly TaggedImage[], store: LocalImages): Promise<Contents> {
  const contents: Contents = { entries: new Map(), blobs: new Map() };
  for (const { name, descriptor, sparse } of images) {
    if (sparse) throw sparseImage(name);
    await add(contents, name, { descriptor, store, repository: splitStoredName(name).repository });
  }
  return contents;
}

/** Adds something and what is attached to it. */
async function add(
  contents: Contents,
  name: string,
  part: { readonly descriptor: Descriptor; readonly store: LocalImages; readonly repository: string },
): Promise<void> {
  if (contents.entries.has(name)) return;
  const { descriptor, store, repository } = part;
  contents.entries.set(name, descriptor);
  for (const blob of await walkGraph(descriptor, (manifest) => store.fetch(manifest))) contents.blobs.set(blob.digest, blob);
  for (const attachment of await findAttachments(new ReadableLocalRepository(store, repository), descriptor.digest)) {
    const attachmentName = attachment.tag === undefined ? attachment.descriptor.digest : `${repository}:${attachment.tag}`;
    await add(contents, attachmentName, { ...part, descriptor: attachment.descriptor });
  }
}

/** Referrers are found by their subject, and have no name. */
function layoutIndex(entries: Contents['entries']) {
  const manifests = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, descriptor]) => {
      const annotations = { ...descriptor.annotations, ...(isDigest(name) ? {} : { [annotationKeys.refName]: name }) };
      return { ...descriptor, annotations };
    });
  return { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
}

function byDigest(a: Descriptor, b: Descriptor): number {
  return a.digest < b.digest ? -1 : 1;
}
