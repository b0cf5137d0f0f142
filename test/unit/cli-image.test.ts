import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { register } from '../../runtime/cli/commands/image.ts';
import { renderDocument } from '../../runtime/cli/render-document.ts';
import { renderTable } from '../../runtime/cli/render-table.ts';
import { attachmentTag } from '../../runtime/oci/attachments.ts';
import { digestHex } from '../../runtime/oci/digest.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { LocalRepository } from '../../runtime/oci/store/local-repository.ts';
import type { FakeCliContext } from '../support/fake-cli-context.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';
import type { SampleImage } from '../support/sample-image.ts';
import { metadataImage, pushImage, sampleAttachment, sampleImage } from '../support/sample-image.ts';

let root: string;
let context: FakeCliContext;
const coded = (code: string) => expect.objectContaining({ code });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gadget-cli-image-'));
  context = fakeCliContext({ GADGET_STORE: root });
});
afterEach(() => rmSync(root, { recursive: true }));

async function gadget(...words: string[]): Promise<string> {
  const program = new Command().exitOverride();
  register(program, context);
  await program.parseAsync(['image', ...words], { from: 'user' });
  return context.takeOutput();
}

async function store(image: SampleImage, ...names: string[]): Promise<SampleImage> {
  const target = openImageStore(root);
  await pushImage(target, image);
  for (const name of names) await target.tag(image.root, parseImageReference(name), { builtHere: true });
  await target.close();
  return image;
}

const summary = (image: SampleImage) => ({
  digest: image.root.digest,
  sizeBytes: image.content.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
  created: null,
  builtHere: true,
  sparse: false,
});

describe('list', () => {
  test('of nothing is a header, or an empty list', async () => {
    expect(await gadget('list')).toBe('REPOSITORY  TAG  DIGEST  CREATED  SIZE\n');
    expect(await gadget('ls', '-o', 'json')).toBe('[]\n');
  });

  test('in columns', async () => {
    const image = await store(sampleImage('a'), 'x', 'reg.example/y:v1');
    const digest = digestHex(image.root.digest);
    expect(await gadget('list')).toBe(
      [
        'REPOSITORY     TAG     DIGEST        CREATED  SIZE',
        `x              latest  ${digest.slice(0, 12)}  -        1.3 kB`,
        `reg.example/y  v1      ${digest.slice(0, 12)}  -        1.3 kB`,
        '',
      ].join('\n'),
    );
    expect(await gadget('list', '--no-trunc')).toContain(image.root.digest);
  });

  test.each(['json', 'jsonpretty', 'yaml'])('as %s', async (format) => {
    const image = await store(sampleImage('a'), 'reg.example/y:v1');
    const reference = { reference: 'reg.example/y:v1', repository: 'reg.example/y', tag: 'v1' };
    expect(parseYaml(await gadget('list', '-o', format))).toEqual([{ ...reference, ...summary(image) }]);
  });

  test('shows a damaged image as such', async () => {
    const image = await store(sampleImage('a'), 'x');
    writeFileSync(join(root, 'blobs', 'sha256', digestHex(image.root.digest)), 'damaged');
    expect(await gadget('list')).toMatch(/damaged$/m);
  });

  test('names that another tool wrote cannot steer the terminal', async () => {
    const image = await store(sampleImage('a'), 'x');
    const annotations = { 'org.opencontainers.image.ref.name': 'evil\u001b[2J\u202e:\u0007' };
    writeFileSync(join(root, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...image.root, annotations }] }));
    for (const format of ['columns', 'json', 'jsonpretty', 'yaml']) {
      expect(await gadget('list', '-o', format)).toMatch(/^[\n\x20-\x7e]*evil\\[\n\x20-\x7e]*$/);
    }
    expect(parseYaml(await gadget('list', '-o', 'json'))[0].reference).toBe(annotations['org.opencontainers.image.ref.name']);
  });

  test('refuses another format', async () => {
    await expect(gadget('list', '-o', 'xml')).rejects.toThrow(coded('USAGE'));
  });
});

describe('tag and remove', () => {
  test('a second name, then none', async () => {
    const image = await store(sampleImage('a'), 'x');
    await gadget('tag', 'x', 'reg.example/y:v1');
    expect(JSON.parse(await gadget('list', '-o', 'json'))).toMatchObject([{}, { reference: 'reg.example/y:v1', ...summary(image) }]);
    expect(await gadget('rm', 'x', 'reg.example/y:v1')).toBe('ghcr.io/inspektor-gadget/gadget/x:latest\nreg.example/y:v1\n');
    expect(await gadget('list', '-o', 'json')).toBe('[]\n');
    expect(await openImageStore(root).exists(image.root)).toBe(false);
  });

  test('a second name has the signatures of the first', async () => {
    const image = await store(sampleImage('a'), 'x');
    const target = openImageStore(root);
    const attached = [sampleAttachment('by tag'), sampleAttachment('by subject', image.root)];
    const repository = new LocalRepository(target, 'ghcr.io/inspektor-gadget/gadget/x');
    for (const one of attached) await pushImage(repository, one);
    await repository.tag(attached[0]!.root, attachmentTag(image.root.digest, '.sig'));
    await repository.commit();
    await target.close();
    await gadget('tag', 'x', 'reg.example/y:v1');
    const found = JSON.parse(await gadget('referrers', 'reg.example/y:v1', '-o', 'json'));
    expect(found.map(({ digest }: { digest: string }) => digest)).toEqual(attached.map((one) => one.root.digest));
  });

  test.each([
    [['remove', 'nothing'], 'IMAGE_NOT_FOUND'],
    [['remove', 'x', 'nothing'], 'IMAGE_NOT_FOUND'],
    [['remove', 'No'], 'IMAGE_REFERENCE_INVALID'],
    [['tag', 'nothing', 'y'], 'IMAGE_NOT_FOUND'],
    [['tag', 'x', 'No'], 'IMAGE_REFERENCE_INVALID'],
    [['export', 'nothing', 'file.tar'], 'IMAGE_NOT_FOUND'],
    [['inspect', 'x', '--arch', 'mips'], 'USAGE'],
    [['inspect', 'x', '-o', 'columns'], 'USAGE'],
    [['inspect', 'x'], 'ELF_INVALID'],
  ])('%j: %s, and everything stays', async (words, code) => {
    await store(sampleImage('a'), 'x');
    await expect(gadget(...words)).rejects.toThrow(coded(code));
    expect(JSON.parse(await gadget('list', '-o', 'json'))).toHaveLength(1);
  });

  test('a bare name is of the configured default registry', async () => {
    await store(sampleImage('a'), 'reg.example/team/x');
    context = fakeCliContext({ GADGET_STORE: root, GADGET_DEFAULT_REGISTRY: 'reg.example/team' });
    expect(await gadget('remove', 'x')).toBe('reg.example/team/x:latest\n');
  });
});

describe('what a change did is a document for machines', () => {
  const x = 'ghcr.io/inspektor-gadget/gadget/x:latest';
  const document = async (...words: string[]) => parseYaml(await gadget(...words));
  const bytesOf = ({ content }: SampleImage) => content.reduce((sum, { descriptor }) => sum + descriptor.size, 0);

  test.each(['json', 'jsonpretty', 'yaml'])('as %s', async (format) => {
    const image = await store(sampleImage('a'), 'x');
    const { digest } = image.root;
    expect(await document('digest', 'x', '-o', format)).toEqual({ reference: x, digest });
    expect(await document('tag', 'x', 'reg.example/y:v1', '-o', format)).toEqual({ reference: 'reg.example/y:v1', digest });
    expect(await document('remove', 'x', 'reg.example/y:v1', '-o', format)).toEqual({
      names: [x, 'reg.example/y:v1'],
      freedBytes: bytesOf(image),
    });
    const unnamed = await store(sampleImage('b'));
    expect(await document('prune', '-o', format)).toEqual({ files: unnamed.content.length, freedBytes: bytesOf(unnamed) });
  });

  test('space that is freed later is not known', async () => {
    await store(sampleImage('a'), 'x');
    const other = openImageStore(root);
    await other.keepContent();
    expect(await document('remove', 'x', '-o', 'json')).toEqual({ names: [x], freedBytes: null });
    await other.close();
  });

  test.each([['digest', 'x'], ['tag', 'x', 'y'], ['remove', 'x'], ['prune']])(
    '%s refuses another format, and does nothing',
    async (...words) => {
      await store(sampleImage('a'), 'x');
      await expect(gadget(...words, '-o', 'xml')).rejects.toThrow(coded('USAGE'));
      expect(JSON.parse(await gadget('list', '-o', 'json'))).toHaveLength(1);
    },
  );
});

describe('inspect', () => {
  test('as text says what the image is, and nothing raw', async () => {
    const image = await store(metadataImage('name: shown\ndescription: "de\\x1bscribed"\nhomepageURL: https://example.org\n'), 'x');
    const text = await gadget('inspect', 'x');
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'image: ghcr.io/inspektor-gadget/gadget/x:latest',
      `digest: ${image.root.digest}`,
      'description: de\\x1bscribed',
      'platforms: linux/amd64, linux/arm64',
      expect.stringMatching(/^size: [\d.]+ k?B$/),
      'built: on this machine',
      'home page: https://example.org',
      '',
      'content:',
      ' PLATFORM DIGEST SIZE TYPE',
      expect.stringMatching(/^ linux\/amd64 sha256:\w+ \d+ B application\/vnd.oci.image.manifest.v1\+json$/),
      expect.stringMatching(/^ sha256:\w+ \d+ B application\/vnd.gadget.config.v1\+yaml$/),
      expect.stringMatching(/^ linux\/arm64 sha256:/),
      expect.stringMatching(/^ sha256:/),
      '',
    ]);
  });

  const yaml = 'name: shown\ndescription: "de\\x1bscribed"\nannotations:\n  key: value\n';

  test.each(['json', 'jsonpretty', 'yaml'])('as %s', async (format) => {
    const image = await store(metadataImage(yaml), 'x');
    const text = await gadget('inspect', 'x', '-o', format);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    const shown = parseYaml(text);
    expect(shown).toMatchObject({
      reference: 'ghcr.io/inspektor-gadget/gadget/x:latest',
      digest: image.root.digest,
      builtHere: true,
      manifests: [{ platform: { architecture: 'amd64', os: 'linux' }, layers: [] }, { platform: { architecture: 'arm64' } }],
      gadget: {
        name: 'shown',
        metadata: { description: 'de\u001bscribed', annotations: { key: 'value' } },
        dataSources: [],
        params: [],
        programs: [],
      },
    });
  });
});

test('a table keeps to the width by breaking its last column between words', () => {
  const row = ['name', 'a description of some words'];
  expect(renderTable(['A', 'B'], [row], { width: 28 })).toBe('A     B\nname  a description of some\n      words\n');
  expect(renderTable(['A', 'B'], [row], { indent: 2 })).toBe('  A     B\n  name  a description of some words\n');
  expect(renderTable(['A', 'B'], [row], { width: 20 })).toContain('a description of some words');
});

test('a table is aligned by what a terminal shows', () => {
  expect(
    renderTable(
      ['A', 'B'],
      [
        ['日本', 'x'],
        ['a\tb', 'y'],
      ],
    ),
  ).toBe('A     B\n日本  x\na\\tb  y\n');
});

describe('a document is read back as it was', () => {
  test.each([
    '\u0000\u001b\u007f\u009b',
    '\u202eabc\u2066',
    '\u{e0041}',
    'line\nline\n',
    '- : # & * !',
    '日本 🦊',
    '',
    ' ',
    'yes',
    '0x10',
    '\ud800',
  ])('%j', (text) => {
    const value = { [text]: [text] };
    for (const format of ['json', 'jsonpretty', 'yaml'] as const) {
      const rendered = renderDocument(value, format);
      expect(rendered).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u{e0041}\ufffd]/u);
      expect(format === 'yaml' ? parseYaml(rendered) : JSON.parse(rendered)).toEqual(value);
    }
  });
});
