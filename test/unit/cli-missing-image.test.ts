import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GadgetError, ImageError } from '../../runtime/base/errors.ts';
import { explainMissingImage, missingImageHint } from '../../runtime/cli/missing-image.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const root = mkdtempSync(join(tmpdir(), 'gadget-missing-'));
const store = openImageStore(root);
const context = fakeCliContext({ GADGET_DEFAULT_REGISTRY: 'reg.example/team' });

beforeAll(async () => {
  const { root: image } = await pushImage(store, sampleImage('x'));
  for (const name of ['reg.example/team/trace_open:latest', 'localhost:5000/org/mygadget:v1']) {
    await store.tag(image, parseImageReference(name));
  }
  await store.close();
});
afterAll(() => rmSync(root, { recursive: true }));

const general = '"gadget image list" shows what there is, "gadget build" makes one';

test.each([
  ['trace_opne', 'did you mean trace_open?'],
  ['mygadget', 'did you mean localhost:5000/org/mygadget:v1?'],
  ['other.example/org/mygadget:v1', 'did you mean localhost:5000/org/mygadget:v1?'],
  ['quite-unlike-any', general],
])('%s: %s', async (typed, hint) => {
  expect(await missingImageHint(typed, store, context)).toBe(hint);
});

describe('a registry that cannot be asked', () => {
  const hint = 'check the name of the registry';
  const failure = new ImageError('REGISTRY_UNREACHABLE', 'nobody answers', { hint });
  const explain = async (typed: string) => (await explainMissingImage(failure, typed, store, context)) as GadgetError;

  test.each([
    ['trace_opne', 'did you mean trace_open?'],
    ['other.example/org/mygadget:v1', hint],
    ['quite-unlike-any', hint],
  ])('about the missing image %s: %s', async (typed, expected) => {
    const { message, hint: shown } = await explain(typed);
    expect([message, shown]).toEqual([
      `there is no image ${typed} in the local store, and its registry cannot be asked: nobody answers`,
      expected,
    ]);
  });

  test('about an image that is there nothing is added', async () => {
    expect(await explain('localhost:5000/org/mygadget:v1')).toBe(failure);
  });
});
