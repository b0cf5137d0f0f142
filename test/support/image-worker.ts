import { ImageError } from '../../runtime/base/errors.ts';
import { importArchive } from '../../runtime/oci/archive/import-archive.ts';
import { Archive } from '../../runtime/oci/archive/open-archive.ts';
import { parseImageReference, standardDefaultRegistry } from '../../runtime/oci/image-reference.ts';
import { pullImage } from '../../runtime/oci/pull.ts';
import { pushImage } from '../../runtime/oci/push.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { ReadableLocalRepository } from '../../runtime/oci/store/local-repository.ts';

/** A process that pulls, imports, pushes, removes and prunes without end, in an order that its seed says, until it is killed. */
const [root = '', archivePath = '', seed = '0', ...images] = process.argv.slice(2);
const client = openRegistry();
let state = (Number(seed) * 2654435761 + 1) >>> 0;

function below(count: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}

const someImage = () => parseImageReference(images[below(images.length)]!);
const verify = async (): Promise<void> => undefined;

async function pull(): Promise<void> {
  const reference = someImage();
  const platform = below(3) === 0 ? { architecture: 'amd64' } : {};
  await pullImage(client.repository(reference), openImageStore(root), reference, { verify, ...platform });
}

async function importAll(): Promise<void> {
  const archive = await Archive.open(archivePath);
  try {
    await importArchive(archive, openImageStore(root), { defaultRegistry: standardDefaultRegistry });
  } finally {
    await archive.close();
  }
}

/** The other process may remove what is being pushed. */
async function push(): Promise<void> {
  const reference = someImage();
  const store = openImageStore(root, { readOnly: true });
  const image = await store.find(reference);
  if (image === undefined || image.sparse) return;
  const repository = `${reference.registry}/${reference.repository}`;
  const target = { ...reference, repository: `pushed/${below(100)}` };
  try {
    await pushImage(new ReadableLocalRepository(store, repository), client.repository(target), image, ['v1']);
  } catch (error) {
    if (!(error instanceof ImageError && error.code === 'IMAGE_NOT_FOUND')) throw error;
  }
}

const remove = async () => void (await openImageStore(root).remove(someImage()));
const prune = async () => void (await openImageStore(root).prune());

const work = [pull, pull, pull, importAll, push, remove, prune];

process.stdout.write('started\n');
for (;;) await work[below(work.length)]!();
