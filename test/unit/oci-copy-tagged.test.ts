import { describe, expect, test } from 'vitest';
import { attachmentTag, copyAttachments } from '../../runtime/oci/attachments.ts';
import { describe as describeContent } from '../../runtime/oci/descriptor.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { MemoryRepository } from '../support/memory-repository.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const { root } = sampleImage('signed');

/** A repository with the image, and under a tag of cosign one layer for each signer. */
async function repository(ending: '.sig' | '.att' | '.sbom', ...signers: readonly string[]): Promise<MemoryRepository> {
  const made = new MemoryRepository();
  await pushImage(made, sampleImage('signed'));
  if (signers.length === 0) return made;
  const config = await made.pushJson(mediaTypes.emptyConfig, {});
  const layers = [];
  for (const signer of signers) {
    const bytes = Buffer.from('the same for all');
    const layer = { ...describeContent('application/vnd.dev.cosign.simplesigning.v1+json', bytes), annotations: { signer } };
    await made.push(layer, bytes);
    layers.push(layer);
  }
  const manifest = await made.pushJson(mediaTypes.manifest, { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers });
  await made.tag(manifest, attachmentTag(root.digest, ending));
  return made;
}

async function signersOf(made: MemoryRepository, ending: '.sig' | '.att' | '.sbom'): Promise<string[]> {
  const descriptor = (await made.resolve({ tag: attachmentTag(root.digest, ending) }))!;
  const { layers } = JSON.parse(Buffer.from(await made.fetch(descriptor)).toString());
  return layers.map(({ annotations }: { annotations: { signer: string } }) => annotations.signer);
}

describe.each(['.sig', '.att'] as const)('what is under the tag %s', (ending) => {
  test.each([
    [['a'], [], ['a']],
    [['a'], ['a'], ['a']],
    [['a'], ['b'], ['b', 'a']],
    [['a', 'b'], ['b'], ['a', 'b']],
    [['a'], ['b', 'a'], ['b', 'a']],
    [
      ['a', 'c'],
      ['b', 'c'],
      ['b', 'c', 'a'],
    ],
  ])('of %j copied to where %j are gives %j', async (from, to, expected) => {
    const target = await repository(ending, ...to);
    await copyAttachments(await repository(ending, ...from), target, root.digest);
    expect(await signersOf(target, ending)).toEqual(expected);
  });
});

test('an SBOM takes the place of another', async () => {
  const target = await repository('.sbom', 'b');
  await copyAttachments(await repository('.sbom', 'a'), target, root.digest);
  expect(await signersOf(target, '.sbom')).toEqual(['a']);
});
