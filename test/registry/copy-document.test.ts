import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MemoryRegistry, startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { register } from '../../runtime/cli/commands/image.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-copy-'));
const image = sampleImage('copied');
const { digest } = image.root;
let registry: MemoryRegistry;
let source: string;
let target: string;

beforeAll(async () => {
  registry = await startMemoryRegistry();
  [source, target] = [`${registry.host}/org/source`, `${registry.host}/org/target`];
  const client = openRegistry();
  const repository = client.repository(parseImageReference(source));
  await pushImage(repository, image);
  for (const tag of ['v1', 'v2']) await repository.tag(image.root, tag);
  client.close();
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

async function copy(...words: string[]): Promise<unknown> {
  const context = fakeCliContext({ GADGET_STORE: folder });
  const program = new Command().exitOverride();
  register(program, context);
  await program.parseAsync(['image', 'copy', '-o', 'json', ...words], { from: 'user' });
  return JSON.parse(context.takeOutput());
}

test('a copy says which images are where now', async () => {
  const reference = `${target}@${digest}`;
  expect(await copy(`${source}:v1`, `${target}:v9`)).toEqual([{ reference, digest, tag: 'v9' }]);
  expect(await copy(`${source}:v1`, reference)).toEqual([{ reference, digest, tag: null }]);
  expect(await copy('--all-tags', source, target)).toEqual(['v1', 'v2'].map((tag) => ({ reference, digest, tag })));
  await expect(copy(`${source}:v1`, `${target}:v9`, '-o', 'xml')).rejects.toMatchObject({ code: 'USAGE' });
});
