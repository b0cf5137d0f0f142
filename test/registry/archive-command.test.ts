import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { CommandLine } from '../support/command-line.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

const line = new CommandLine();
afterAll(() => line.remove());

const name = 'example.org/tools/x:v1';

test('an archive, its folder and its compressed form, through a pipe', async () => {
  const store = openImageStore(line.env['GADGET_STORE']!);
  await store.tag((await pushImage(store, sampleImage('x'))).root, parseImageReference(name));
  await store.close();
  await line.gadget('image', 'export', name, 'x.tar');
  await line.tool('sh', '-c', 'mkdir layout && tar -C layout -xf x.tar && gzip -k x.tar');
  rmSync(line.env['GADGET_STORE']!, { recursive: true });
  expect(await line.gadget('image', 'import', 'layout')).toBe(`${name}\n`);
  expect(await line.run(['image', 'import', 'x.tar.gz'])).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/x\.tar\.gz is compressed by gzip(?:.|\n)*gunzip -c FILE \| gadget image import -/),
  });
  const gadget = `"${process.execPath}" "${resolve(import.meta.dirname, '../../dist/gadget.js')}"`;
  expect(await line.tool('sh', '-c', `gunzip -c x.tar.gz | ${gadget} image import -`)).toBe(`${name}\n`);
});

test('an archive on standard input is called so', async () => {
  const { status, stderr } = await line.run(['image', 'import', '-'], { input: 'hello '.repeat(1000) });
  expect([status, stderr]).toEqual([4, expect.stringMatching(/standard input has a tar header/)]);
});
