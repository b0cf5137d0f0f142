import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { type FaultProxy, startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import { type MemoryRegistry, startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { type SignatureForm, signatureForms } from '../../runtime/oci/signature/forms.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { buildSample } from '../support/sample-gadget.ts';

interface Row {
  readonly digest: string;
  readonly type: string;
  readonly tag: string | null;
}

describe.skipIf(findProgram('docker-registry') === undefined)('images of a registry', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  let proxy: FaultProxy;
  /** Knows the referrers API. */
  let modern: MemoryRegistry;
  let digest: string;
  let image: string;
  let repository: string;

  beforeAll(async () => {
    [registry, modern] = await Promise.all([startDockerRegistry(), startMemoryRegistry()]);
    proxy = await startFaultProxy(registry.host);
    repository = `${proxy.host}/org/sample`;
    image = `${repository}:v1`;
    digest = await buildSample(line, image);
    for (const name of ['one', 'two']) await line.gadget('key', 'generate', name);
    await line.gadget('push', image, '-t', 'latest');
  }, 60_000);
  afterAll(async () => {
    await Promise.all([registry.close(), proxy.close(), modern.close()]);
    line.remove();
  });

  const json = async (...words: readonly string[]) => JSON.parse(await line.gadget(...words, '-o', 'json'));
  const referrers = (name: string, ...flags: readonly string[]): Promise<Row[]> => json('image', 'referrers', name, ...flags);

  test('are inspected without being pulled', async () => {
    const local = await json('image', 'inspect', image);
    const before = await line.gadget('image', 'list', '-o', 'json');
    const remote = await json('image', 'inspect', `${repository}:latest`);
    expect(remote).toEqual({ ...local, reference: `${repository}:latest`, builtHere: false });
    expect(remote.gadget.programs).toMatchObject([{ name: 'sample_enter', section: 'tracepoint/syscalls/sys_enter_getpgid' }]);
    expect(await line.gadget('image', 'inspect', '--remote', image)).toContain('built:      elsewhere');
    expect(await line.gadget('image', 'list', '-o', 'json')).toBe(before);
    expect(await line.run(['image', 'inspect', `${repository}:none`])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('in the local store or the registry'),
    });
  });

  test('have tags and a digest', async () => {
    expect(await line.gadget('image', 'tags', repository)).toBe('latest\nv1\n');
    expect(await json('image', 'tags', repository)).toEqual(['latest', 'v1']);
    expect(await line.gadget('image', 'digest', '--remote', image)).toBe(`${digest}\n`);
    expect(await line.run(['image', 'digest', `${repository}:none`])).toMatchObject({ status: 3 });
  });

  test.each(signatureForms)('are signed in the registry or locally, as %s, and verified', async (form: SignatureForm) => {
    for (const host of [proxy.host, modern.host]) {
      const name = `${host}/signed/${form}:v1`;
      await line.gadget('image', 'tag', image, name);
      await line.gadget('push', name);
      expect(await line.gadget('image', 'sign', '--remote', name, '--key', 'one.key', '--form', form)).toBe(
        `${host}/signed/${form}@${digest}\n`,
      );
      expect(await referrers(name)).toEqual([]);
      expect(await referrers(name, '--remote')).toHaveLength(1);
      expect(await json('image', 'verify', '--remote', name, '--public-keys', 'one.pub')).toMatchObject({ form, signer: { kind: 'key' } });
      expect(await line.run(['image', 'verify', '--remote', name, '--public-keys', 'two.pub'])).toMatchObject({ status: 3 });
      await line.gadget('image', 'remove', name);
      await line.gadget('pull', name, '--public-keys', 'one.pub');
      expect(await referrers(name)).toEqual(await referrers(name, '--remote'));
      // A second signer signs here, and a push takes that along.
      await line.gadget('image', 'sign', name, '--key', 'two.key', '--form', form);
      await line.gadget('push', name);
      for (const key of ['one.pub', 'two.pub']) await line.gadget('image', 'verify', '--remote', name, '--public-keys', key);
    }
  });

  test('a key may be given as text, and several with commas', async () => {
    const name = `${proxy.host}/signed/legacy:v1`;
    const pem = await line.tool('cat', 'two.pub');
    expect(await line.run(['image', 'verify', name, '--public-keys', pem])).toMatchObject({ status: 0 });
    expect(await line.run(['image', 'verify', name, '--public-keys', 'one.pub,two.pub'])).toMatchObject({ status: 0 });
    expect(await line.run(['image', 'verify', name, '--public-keys', 'no.pub'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no.pub'),
    });
  });

  test('are copied within a registry without a byte of content, and to another, with all that is attached', async () => {
    for (const form of signatureForms) {
      const source = `${proxy.host}/signed/${form}:v1`;
      const before = proxy.requests.length;
      const target = `${proxy.host}/mounted/${form}`;
      expect(await line.gadget('image', 'copy', source, `${target}:v9`)).toBe(`${target}@${digest}\n`);
      const blobs = proxy.requests.slice(before).filter(({ method, path }) => method === 'POST' && path.includes('/blobs/uploads/'));
      expect(blobs.length).toBeGreaterThan(0);
      expect(blobs.every(({ path }) => path.includes('mount=sha256'))).toBe(true);
      expect(proxy.requests.slice(before).filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))).toEqual([]);
      await line.gadget('image', 'copy', source, `${modern.host}/copied/${form}:v1`);
      for (const copy of [`${target}:v9`, `${modern.host}/copied/${form}:v1`]) {
        expect((await referrers(copy)).map((row) => row.digest)).toEqual((await referrers(source, '--remote')).map((row) => row.digest));
        for (const key of ['one.pub', 'two.pub']) await line.gadget('image', 'verify', copy, '--public-keys', key);
      }
    }
  });

  test('are copied by repository', async () => {
    await line.gadget('image', 'sign', '--remote', `${repository}:latest`, '--key', 'one.key');
    const copied = await line.gadget('image', 'copy', '--all-tags', repository, `${modern.host}/all/sample`);
    expect(copied).toBe(`${modern.host}/all/sample@${digest}\n`.repeat(2));
    expect(await line.gadget('image', 'tags', `${modern.host}/all/sample`)).toBe('latest\nv1\n');
    expect(await line.gadget('image', 'tags', '--all', `${modern.host}/all/sample`)).toContain(`${digest.replace(':', '-')}.sig`);
    expect(await line.run(['image', 'copy', '--all-tags', image, `${modern.host}/x`])).toMatchObject({ status: 2 });
    expect(await line.run(['image', 'copy', '--all-tags', `${proxy.host}/no/such`, `${modern.host}/x`])).toMatchObject({ status: 3 });
    expect(await line.run(['image', 'copy', `${repository}:none`, `${modern.host}/x`])).toMatchObject({ status: 3 });
  });

  test('travel in an archive with their signatures', async () => {
    const names = signatureForms.map((form) => `${proxy.host}/signed/${form}:v1`).sort();
    await line.gadget('image', 'export', ...names, 'all.tar');
    await line.gadget('image', 'export', ...names, 'again.tar');
    await line.tool('cmp', 'all.tar', 'again.tar');
    const other = new CommandLine();
    try {
      const imported = JSON.parse(await other.gadget('image', 'import', line.path('all.tar'), '-o', 'json'));
      expect(imported.map(({ reference, digest }: { reference: string; digest: string }) => [reference, digest])).toEqual(
        names.map((name) => [name, digest]),
      );
      for (const name of names) await other.gadget('image', 'verify', name, '--public-keys', line.path('two.pub'));
      expect(JSON.parse(await other.gadget('image', 'list', '-o', 'json'))).toMatchObject(names.map(() => ({ builtHere: false })));
      expect(await other.run(['run', names[0]!, '--pull', 'never', '--help'])).toMatchObject({ status: 3 });
    } finally {
      other.remove();
    }
  });

  test('an archive through pipes, and one that is none', async () => {
    const other = new CommandLine();
    try {
      const words = [process.execPath, line.path('gadget.js')];
      writeFileSync(line.path('gadget.js'), `import ${JSON.stringify(new URL('../../dist/gadget.js', import.meta.url).pathname)};\n`);
      const pipe = `${words.join(' ')} image export ${image} - | GADGET_STORE=${other.env['GADGET_STORE']} ${words.join(' ')} image import -`;
      writeFileSync(line.path('package.json'), '{"type":"module"}');
      expect(await line.tool('sh', '-c', pipe)).toBe(`${image}\n`);
      expect(await other.gadget('image', 'digest', image)).toBe(`${digest}\n`);
      for (const [file, status] of [
        ['full', 8],
        ['null', 0],
      ] as const) {
        await line.tool('ln', '-s', `/dev/${file}`, file);
        expect((await line.run(['image', 'export', image, file])).status).toBe(status);
        expect(await line.tool('stat', '-c', '%F', file)).toBe('symbolic link\n');
      }
      expect(await other.run(['image', 'import', '.'])).toMatchObject({ status: 4, stderr: expect.stringContaining('is a folder') });
      expect(await other.run(['image', 'sign', `127.0.0.1:1/x:v1`, '--key', line.path('one.key')])).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('in the local store, and its registry cannot be asked'),
      });
      other.write('no.tar', 'this is no archive');
      expect(await other.run(['image', 'import', 'no.tar'])).toMatchObject({ status: 4, stdout: '' });
      expect(await other.run(['image', 'import', 'none.tar'])).toMatchObject({
        status: expect.any(Number),
        stderr: expect.stringContaining('none.tar'),
      });
      expect(await other.run(['image', 'export', image, 'no/such/folder/x.tar'])).toMatchObject({ status: 8 });
    } finally {
      other.remove();
    }
  });

  test('are deleted with all that is attached, under every tag', async () => {
    const name = `${proxy.host}/signed/legacy`;
    expect(await line.gadget('image', 'delete', `${name}:v1`)).toBe(`${name}@${digest}\n`);
    expect(await line.gadget('image', 'tags', '--all', name)).toBe('');
    expect(await line.run(['image', 'delete', `${name}:v1`])).toMatchObject({ status: 3 });
    const bundled = `${modern.host}/signed/bundle`;
    await line.gadget('image', 'delete', `${bundled}:v1`);
    // What an index names may be of others, too: the registry's own collection looks after that.
    const kept = [...modern.manifests].filter(([key]) => key.startsWith('signed/bundle'));
    expect(kept.map(([, { bytes }]) => JSON.parse(String(bytes)).artifactType)).toEqual(Array(2).fill('application/vnd.gadget.v1+binary'));
    expect(await line.gadget('image', 'digest', `${bundled}:v1`)).toBe(`${digest}\n`); // the local one stays
  });

  test('are deleted with what is attached to their attachments, and no list of nothing is left', async () => {
    for (const host of [proxy.host, modern.host]) {
      const name = `${host}/deleted/deep`;
      await line.gadget('image', 'copy', image, `${name}:v1`);
      for (const form of signatureForms) await line.gadget('image', 'sign', '--remote', `${name}:v1`, '--key', 'one.key', '--form', form);
      const attached = (await referrers(`${name}:v1`, '--remote')).filter(({ tag }) => tag === null);
      expect(attached.length).toBeGreaterThan(0);
      for (const { digest } of attached) {
        for (const form of ['legacy', 'bundle'])
          await line.gadget('image', 'sign', `${name}@${digest}`, '--key', 'two.key', '--form', form);
      }
      await line.gadget('image', 'delete', `${name}:v1`);
      expect(await line.gadget('image', 'tags', '--all', name)).toBe('');
    }
    const kept = [...modern.manifests].filter(([key]) => key.startsWith('deleted/deep'));
    expect(kept.map(([, { bytes }]) => JSON.parse(String(bytes)).artifactType)).toEqual(Array(2).fill('application/vnd.gadget.v1+binary'));
  });

  test('that lack a part or a tag are refused with what to do', async () => {
    const name = `${modern.host}/incomplete/sample`;
    await line.gadget('image', 'copy', image, `${name}:v1`);
    const [key] = [...modern.manifests].find(
      ([key, { bytes }]) => key.startsWith('incomplete/sample@') && String(bytes).includes('"layers"'),
    )!;
    modern.manifests.delete(key);
    const bare = { env: { GADGET_STORE: line.path('bare') } };
    expect((await line.run(['pull', `${name}:v1`, '--verify-image=false'], bare)).stderr).toContain(
      `${modern.host}/${key} is named by the image and is not in the registry\nhint: the image there is incomplete: push or copy it again\n`,
    );
    for (const words of [['delete'], ['sign', '--remote', '--key', 'one.key']]) {
      expect((await line.run(['image', ...words, `${name}:none`])).stderr).toContain(
        `there is no image ${name}:none in the registry\nhint: look for others: gadget image tags ${name}\n`,
      );
    }
  });

  test('what nothing needs is pruned', async () => {
    expect(await line.gadget('image', 'prune')).toMatch(/freed \(0 files\)/);
    for (const { reference } of await json('image', 'list')) await line.gadget('image', 'remove', reference);
    expect(await line.gadget('image', 'prune')).toMatch(/freed \(0 files\)/);
    expect((await line.exec(['find', 'store', '-path', '*blobs*', '-type', 'f'])).stdout).toBe('');
  });
});
