import { setTimeout as sleep } from 'node:timers/promises';
import { GadgetError } from '../../runtime/base/errors.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { pushImage, sampleImage } from './sample-image.ts';

/**
 * A process that writes to a store until somebody kills it: few names and few contents, so that writers meet.
 * Arguments: the store's folder, a number that makes this writer's choices its own.
 */
const root = process.argv[2]!;
let state = Number(process.argv[3]);

/** A whole number below `limit`, of a fixed sequence (a linear congruential generator). */
function next(limit: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const name = () => parseImageReference(`n${next(4)}`);

async function addImage(): Promise<void> {
  const store = openImageStore(root);
  const image = await pushImage(store, sampleImage(`content ${next(6)} ${'x'.repeat(200_000)}`));
  await store.tag(image.root, name());
  await store.close();
}

async function renameImage(): Promise<void> {
  const store = openImageStore(root);
  const descriptor = await store.resolve(name());
  if (descriptor !== undefined) await store.tag(descriptor, name());
}

const actions = [
  addImage,
  addImage,
  renameImage,
  async () => void (await openImageStore(root).remove(name())),
  async () => void (await openImageStore(root).prune()),
];

process.stdout.write('started\n');
for (;;) {
  try {
    await actions[next(actions.length)]!();
  } catch (error) {
    // Another writer removed what was about to be renamed: the one failure that is not a fault of the store.
    if (!(error instanceof GadgetError && error.code === 'IMAGE_NOT_FOUND')) throw error;
  }
  await sleep(next(3));
}
