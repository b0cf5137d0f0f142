import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { type SignatureForm, signatureForms } from '../../runtime/oci/signature/forms.ts';
import { CommandLine } from '../support/command-line.ts';
import { debianProgram } from '../support/debian-program.ts';
import { findProgram } from '../support/find-program.ts';
import { buildSample } from '../support/sample-gadget.ts';

const skopeo = findProgram('skopeo');
const oras = await debianProgram('oras');
const crane = await debianProgram('crane');
const cosign = await debianProgram('cosign');

/** Everybody has a store and keys of their own; what they share is registries. */
describe.skipIf(findProgram('docker-registry') === undefined)('with the tools of others', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  let second: DockerRegistry;
  let repository: string;
  let digest: string;

  beforeAll(async () => {
    [registry, second] = await Promise.all([startDockerRegistry(), startDockerRegistry()]);
    repository = `${registry.host}/org/sample`;
    digest = await buildSample(line, `${repository}:v1`);
    await line.gadget('key', 'generate', 'fresh');
    await line.gadget('trust', 'add', registry.host, '--key', 'fresh.pub');
    await line.gadget('trust', 'add', second.host, '--key', 'fresh.pub');
    for (const form of signatureForms) await line.gadget('image', 'sign', `${repository}:v1`, '--key', 'fresh.key', '--form', form);
    await line.gadget('push', `${repository}:v1`);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([registry.close(), second.close()]);
    line.remove();
  });

  /** A pull into an empty store that is verified, and the run's own verification without a registry. */
  async function expectPulled(image: string): Promise<void> {
    await line.exec(['rm', '-rf', 'other']);
    const env = { GADGET_STORE: line.path('other') };
    expect(await line.run(['pull', image], { env })).toMatchObject({ status: 0, stdout: expect.stringMatching(`@${digest}\n$`) });
    expect(await line.run(['run', image, '--help', '--pull', 'never'], { env })).toMatchObject({ status: 0 });
  }

  /** The forms of the signatures that a copy has kept. */
  async function formsAt(image: string): Promise<SignatureForm[]> {
    const rows = JSON.parse(await line.gadget('image', 'referrers', '--remote', image, '-o', 'json')) as {
      type: string;
      tag: string | null;
    }[];
    return rows.map(({ type, tag }) => (tag !== null ? 'legacy' : type.includes('bundle') ? 'bundle' : 'oci11'));
  }

  const flagsFor = {
    skopeo: ['--src-tls-verify=false', '--dest-tls-verify=false'],
    oras: ['--from-plain-http', '--to-plain-http'],
  };

  const copyUnsigned = (image: string) =>
    line.tool(skopeo!, '--insecure-policy', 'copy', '--all', ...flagsFor.skopeo, `docker://${repository}:v1`, `docker://${image}`);

  test.skipIf(skopeo === undefined)('skopeo copies what we push, and we pull what it copies', async () => {
    const copy = `${second.host}/skopeo/sample:v1`;
    await copyUnsigned(copy);
    expect(await line.gadget('image', 'digest', '--remote', copy)).toBe(`${digest}\n`);
    expect(await formsAt(copy)).toEqual([]);
    const target = ['--src', 'docker', '--dest', 'docker', repository, `${second.host}/synced`];
    await line.tool(skopeo!, '--insecure-policy', 'sync', '--all', ...flagsFor.skopeo, ...target);
    expect(await formsAt(`${second.host}/synced/sample:v1`)).toContain('legacy');
    await expectPulled(`${second.host}/synced/sample:v1`);
  });

  test.skipIf(skopeo === undefined)('skopeo reads an archive of ours, and we import its own', async () => {
    await line.gadget('image', 'export', `${repository}:v1`, 'ours.tar');
    const copy = `${second.host}/archive/sample:v1`;
    await line.tool(
      skopeo!,
      '--insecure-policy',
      'copy',
      '--all',
      '--dest-tls-verify=false',
      `oci-archive:ours.tar:${repository}:v1`,
      `docker://${copy}`,
    );
    expect(await line.gadget('image', 'digest', '--remote', copy)).toBe(`${digest}\n`);
    await line.tool(
      skopeo!,
      '--insecure-policy',
      'copy',
      '--all',
      '--src-tls-verify=false',
      `docker://${copy}`,
      'oci-archive:theirs.tar:v2',
    );
    expect(await line.run(['image', 'import', 'theirs.tar'])).toMatchObject({ status: 3, stderr: expect.stringContaining('--repository') });
    expect(await line.gadget('image', 'import', 'theirs.tar', '--repository', 'reg.example/theirs')).toBe('reg.example/theirs:v2\n');
    expect(await line.gadget('image', 'digest', 'reg.example/theirs:v2')).toBe(`${digest}\n`);
  });

  test.skipIf(oras === undefined)('oras copies what we push with its referrers, and we pull what it copies', async () => {
    const copy = `${second.host}/oras/sample:v1`;
    await line.tool(oras!, 'cp', '-r', ...flagsFor.oras, `${repository}:v1`, copy);
    expect((await formsAt(copy)).sort()).toEqual(['bundle', 'oci11']);
    await expectPulled(copy);
  });

  test.skipIf(oras === undefined)('we import a layout of oras, and oras pushes an archive of ours', async () => {
    await line.tool(oras!, 'cp', '-r', '--from-plain-http', '--to-oci-layout', `${repository}:v1`, './layout:v3');
    await line.tool('tar', '-C', 'layout', '-cf', 'layout.tar', '.');
    const imported = `${second.host}/imported/sample`;
    for (const archive of ['layout', 'layout.tar']) {
      expect(await line.gadget('image', 'import', archive, '--repository', imported)).toBe(`${imported}:v3\n`);
      expect(await line.gadget('image', 'verify', `${imported}:v3`)).toContain('signed by the key');
    }
    await line.gadget('image', 'export', `${imported}:v3`, 'again.tar');
    const copy = `${second.host}/unpacked/sample:v1`;
    await line.tool(oras!, 'cp', '--from-oci-layout', '--to-plain-http', `again.tar@${digest}`, copy);
    expect(await line.gadget('image', 'digest', '--remote', copy)).toBe(`${digest}\n`);
  });

  test.skipIf(oras === undefined)('an artifact of oras that is no gadget is recognised', async () => {
    line.write('note.txt', 'a note');
    const note = `${second.host}/org/note:v1`;
    await line.tool(oras!, 'push', '--plain-http', note, 'note.txt:text/plain');
    expect(await line.run(['run', note, '--verify-image=false', '--help'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('is no gadget image'),
    });
    expect(await line.gadget('image', 'tags', `${second.host}/org/note`)).toBe('v1\n');
    await line.tool(oras!, 'attach', '--plain-http', '--artifact-type', 'application/x.note', `${repository}:v1`, 'note.txt:text/plain');
    expect(await line.gadget('image', 'referrers', '--remote', `${repository}:v1`)).toContain('application/x.note');
    await expectPulled(`${repository}:v1`);
  });

  test.skipIf(crane === undefined)('crane copies what we push with its tags, and we pull what it copies', async () => {
    const copy = `${second.host}/crane/sample`;
    expect(await line.tool(crane!, 'digest', `${repository}:v1`)).toBe(`${digest}\n`);
    await line.tool(crane!, 'copy', '-a', repository, copy);
    expect(await formsAt(`${copy}:v1`)).toEqual(expect.arrayContaining(['legacy', 'oci11']));
    await expectPulled(`${copy}:v1`);
    expect((await line.tool(crane!, 'ls', copy)).split('\n')).toContain('v1');
  });

  test.skipIf(crane === undefined)('we import a layout of crane, with and without a name in it', async () => {
    await line.tool(crane!, 'pull', '--format', 'oci', '--annotate-ref', `${repository}:v1`, 'named');
    await line.tool(crane!, 'pull', '--format', 'oci', `${repository}:v1`, 'unnamed');
    for (const folder of ['named', 'unnamed']) {
      await line.tool('tar', '-C', folder, '-cf', `${folder}.tar`, '.');
      for (const archive of [folder, `${folder}.tar`]) {
        await line.gadget('image', 'import', archive, '--repository', `reg.example/crane/${folder}`);
      }
    }
    expect(await line.gadget('image', 'digest', `${repository}:v1`)).toBe(`${digest}\n`);
    expect(await line.gadget('image', 'digest', `reg.example/crane/unnamed@${digest}`)).toBe(`${digest}\n`);
  });

  describe.skipIf(cosign === undefined || skopeo === undefined)('cosign', () => {
    const key = ['--insecure-ignore-tlog=true', '--key'];

    test('verifies what we sign', async () => {
      expect(await line.tool(cosign!, 'verify', ...key, 'fresh.pub', `${repository}@${digest}`)).toContain(digest);
      await line.tool(cosign!, 'generate-key-pair', '--output-key-prefix', 'other');
      expect((await line.exec([cosign!, 'verify', ...key, 'other.pub', `${repository}@${digest}`])).status).not.toBe(0);
    });

    test('signs what we verify, with its key or ours', async () => {
      for (const name of ['other', 'fresh']) {
        const image = `${second.host}/cosign/${name}:v1`;
        await copyUnsigned(image);
        expect(await formsAt(image)).toEqual([]);
        const signing = ['sign', '--tlog-upload=false', '-y', '--key', `${name}.key`, `${second.host}/cosign/${name}@${digest}`];
        await line.tool(cosign!, ...signing);
        expect(await line.gadget('image', 'verify', '--remote', image, '--public-keys', `${name}.pub`)).toContain('signed by the key');
      }
      expect(await line.run(['pull', `${second.host}/cosign/other:v1`])).toMatchObject({ status: 3 });
      await line.gadget('trust', 'add', `${second.host}/cosign/other`, '--key', 'other.pub');
      await expectPulled(`${second.host}/cosign/other:v1`);
    });

    test('and we sign one image: each verifies the other', async () => {
      const image = `${second.host}/both/sample:v1`;
      await copyUnsigned(image);
      await line.tool(cosign!, 'sign', '--tlog-upload=false', '-y', '--key', 'other.key', `${second.host}/both/sample@${digest}`);
      await line.gadget('image', 'tag', `${repository}:v1`, image);
      await line.gadget('push', image);
      for (const name of ['other', 'fresh']) {
        await line.tool(cosign!, 'verify', ...key, `${name}.pub`, `${second.host}/both/sample@${digest}`);
        await line.gadget('image', 'verify', '--remote', image, '--public-keys', `${name}.pub`);
      }
    });
  });
});
