import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { type FaultProxy, startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import { CommandLine, type CommandResult } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { buildSample } from '../support/sample-gadget.ts';

/** Runs that need no kernel: help is shown once the image is at hand, verified and understood. */
const helpOf = (...words: readonly string[]): readonly string[] => ['run', ...words, '--help'];

describe.skipIf(findProgram('docker-registry') === undefined)('which images are fetched, and when', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  /** Stands before the registry, and has seen every request. */
  let proxy: FaultProxy;
  let repository: string;
  let image: string;
  let digest: string;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    proxy = await startFaultProxy(registry.host);
    repository = `${proxy.host}/org/sample`;
    image = `${repository}:v1`;
    digest = await buildSample(line, image);
    await line.gadget('key', 'generate', 'fresh');
    await line.gadget('image', 'sign', image, '--key', 'fresh.key');
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    await registry.close();
    line.remove();
  });

  /** The requests that a command makes, beside what comes of it. */
  async function watched(args: readonly string[]): Promise<CommandResult & { readonly requests: readonly string[] }> {
    const before = proxy.requests.length;
    const result = await line.run(args);
    return { ...result, requests: proxy.requests.slice(before).map(({ method, path }) => `${method} ${path}`) };
  }

  const removeImage = () => line.run(['image', 'remove', image]);

  test('a push says what it pushed, gives every tag, and does nothing the second time', async () => {
    const words = ['push', image, '-t', 'v1.0,latest', '-t', 'stable', '-o', 'json'];
    const expected = { reference: `${repository}@${digest}`, repository, digest, tags: ['v1', 'v1.0', 'latest', 'stable'] };
    expect(JSON.parse(await line.gadget(...words))).toEqual(expected);
    const again = await watched(words);
    expect(JSON.parse(again.stdout)).toEqual(expected);
    expect(again.requests.filter((request) => /POST|PATCH/.test(request))).toEqual([]);
    expect(await line.gadget('image', 'tags', repository)).toBe('latest\nstable\nv1\nv1.0\n');
  });

  test.each([
    ['a word that is no tag', ['push', 'IMAGE', '-t', 'a/b'], 2],
    ['an image that is not there', ['push', 'localhost:1/no/such:image'], 3],
    ['a platform that does not exist', ['pull', 'IMAGE', '--platform', 'linux/riscv64'], 2],
    ['a tag that is not there', ['pull', 'IMAGE-none'], 3],
  ])('%s is refused', async (_, words, status) => {
    expect(await line.run(words.map((word) => word.replace('IMAGE', image)))).toMatchObject({ status, stdout: '' });
  });

  test('what the lists do not allow is refused before any request', async () => {
    for (const flags of [
      ['--allowed-registries', 'other.example,127.0.0.1:1'],
      ['--allowed-registries', `${proxy.host}/organisation`],
      ['--allowed-gadgets', `${repository}:v2,${repository}x:*`],
    ]) {
      for (const words of [['pull', image], helpOf(image, '--pull', 'always'), ['image', 'verify', image, '--remote']]) {
        const refused = await watched([...words, ...flags]);
        expect(refused).toMatchObject({ status: 3, requests: [], stderr: expect.stringContaining('allowed') });
      }
    }
    for (const flags of [
      ['--allowed-registries', `${proxy.host}/org`],
      ['--allowed-gadgets', `${repository}:*`],
      ['--allowed-gadgets', `${repository}@${digest}`],
    ]) {
      expect(await line.run(['image', 'verify', image, '--remote', '--public-keys', 'fresh.pub', ...flags])).toMatchObject({ status: 0 });
    }
  });

  test('the lists can be in the configuration, where no flag is needed', async () => {
    const config = line.write('allowed.yaml', 'pull:\n  allowed-registries: other.example\n');
    expect(await watched(['pull', image, '--config', config])).toMatchObject({ status: 3, requests: [] });
  });

  test('a pull is verified before content is fetched, and -o json says what came', async () => {
    await removeImage();
    const refused = await watched(['pull', image]);
    expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('nobody is trusted') });
    expect(refused.requests.filter((request) => request.includes('/blobs/'))).toHaveLength(1); // the signature
    expect(await line.gadget('image', 'list', '-o', 'json')).toBe('[]\n');
    const pulled = await line.gadget('pull', image, '--public-keys', 'fresh.pub', '-o', 'json');
    expect(JSON.parse(pulled)).toEqual({ reference: `${repository}@${digest}`, name: image, digest, sparse: false });
    await removeImage();
    expect(await line.gadget('pull', image, '--verify-image=false')).toBe(`${repository}@${digest}\n`);
  });

  test('what was pulled unverified is verified when it runs', async () => {
    expect(await line.run(helpOf(image))).toMatchObject({ status: 3, stderr: expect.stringContaining('nobody is trusted') });
    expect(await line.run(helpOf(image, '--verify-image=false'))).toMatchObject({ status: 0 });
    expect(await line.run(helpOf(image, '--public-keys', 'fresh.pub'))).toMatchObject({ status: 0 });
  });

  const trusted = ['--public-keys', 'fresh.pub'];

  test.each([
    ['missing', []],
    ['never', []],
    ['always', ['HEAD /v2/org/sample/manifests/v1']],
  ])('--pull %s of an image that is there and has not changed', async (policy, requests) => {
    await line.gadget('pull', image, ...trusted);
    expect(await watched(helpOf(image, '--pull', policy, ...trusted))).toMatchObject({ status: 0, requests });
  });

  test('--pull missing fetches what is not there, never does not', async () => {
    await removeImage();
    expect(await watched(helpOf(image, '--pull', 'never', ...trusted))).toMatchObject({ status: 3, requests: [] });
    expect(await watched(helpOf(image, ...trusted))).toMatchObject({ status: 0 });
    expect(await watched(helpOf(image, '--pull', 'never', ...trusted))).toMatchObject({ status: 0, requests: [] });
  });

  test('--pull always takes the new image that a tag has got, and missing does not', async () => {
    const other = new CommandLine();
    const changed = await buildSample(other, image, 'const int changed SEC(".rodata.changed") = 1;\n');
    expect(changed).not.toBe(digest);
    await other.gadget('image', 'sign', image, '--key', line.path('fresh.key'));
    await other.gadget('push', image);
    other.remove();
    await line.gadget(...helpOf(image, ...trusted));
    expect(await line.gadget('image', 'digest', image)).toBe(`${digest}\n`);
    expect(await line.gadget('image', 'digest', '--remote', image)).toBe(`${changed}\n`);
    await line.gadget(...helpOf(image, '--pull', 'always', ...trusted));
    expect(await line.gadget('image', 'digest', image)).toBe(`${changed}\n`);
    await line.gadget('pull', `${repository}@${digest}`, ...trusted);
  });

  test('one platform is enough to run, and not to hand on', async () => {
    const latest = `${repository}:latest`;
    const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
    await line.tool('rm', '-r', 'store');
    await line.gadget('pull', latest, '--platform', `linux/${machine}`, ...trusted);
    expect(JSON.parse(await line.gadget('image', 'list', '-o', 'json'))).toMatchObject([{ digest, sparse: true }]);
    expect(await line.gadget('image', 'list')).toContain('(sparse)');
    expect(await line.gadget('image', 'inspect', latest)).toContain('(not pulled)');
    await line.gadget(...helpOf(latest, '--pull', 'never', ...trusted));
    await line.gadget('image', 'tag', latest, `${repository}:again`);
    for (const words of [
      ['push', latest],
      ['image', 'export', latest, 'sparse.tar'],
      ['push', `${repository}:again`],
    ]) {
      expect(await line.run(words)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(`hint: fetch the others first: gadget pull ${repository}:`),
      });
    }
    expect((await line.exec(['ls'])).stdout).not.toContain('sparse.tar');
    await line.gadget('pull', latest, ...trusted);
    expect(JSON.parse(await line.gadget('image', 'list', '-o', 'json'))).toMatchObject([{ sparse: true }, { sparse: false }]);
    await line.gadget('push', latest);
    await line.gadget('image', 'export', latest, 'whole.tar');
  });

  describe('signatures made after the pull', () => {
    let late: string;
    const isRegistryAway = (away: boolean) => {
      proxy.plan = () => (away ? { kind: 'answer', status: 403 } : undefined);
    };

    beforeAll(async () => {
      const sample = new CommandLine();
      late = `${proxy.host}/late/sample:v1`;
      await buildSample(sample, late);
      await sample.gadget('push', late);
      sample.remove();
      await line.gadget('pull', late, '--verify-image=false');
    }, 60_000);

    test('without one, the refusal has the first reason and the command that fetches', async () => {
      const hint = `hint: fetch signatures made since: gadget pull ${late}; or run it unverified with --verify-image=false\n`;
      const never = await watched(helpOf(late, '--pull', 'never', ...trusted));
      expect(never).toMatchObject({ status: 3, requests: [], stderr: expect.stringContaining(hint) });
      isRegistryAway(true);
      const away = await line.run(helpOf(late, ...trusted));
      isRegistryAway(false);
      expect(away.stderr).toBe(never.stderr);
      expect((await line.run(helpOf(late, ...trusted))).stderr).toContain('has no signature that can be verified');
      expect((await line.run(['pull', late, ...trusted])).stderr).not.toContain('made since');
    });

    test('are fetched once, without the image', async () => {
      await line.gadget('image', 'sign', '--remote', late, '--key', 'fresh.key');
      expect(await watched(helpOf(late, '--pull', 'never', ...trusted))).toMatchObject({ status: 3, requests: [] });
      const fetched = await watched(helpOf(late, ...trusted));
      expect(fetched).toMatchObject({ status: 0 });
      expect(fetched.requests.filter((request) => request.includes('/manifests/v1'))).toEqual([]);
      expect(await watched(helpOf(late, ...trusted))).toMatchObject({ status: 0, requests: [] });
    });

    test('of somebody else are fetched by --pull always only', async () => {
      await line.gadget('key', 'generate', 'later');
      await line.gadget('image', 'sign', '--remote', late, '--key', 'later.key');
      const byOther = ['--public-keys', 'later.pub'];
      expect(await watched(helpOf(late, ...byOther))).toMatchObject({ status: 3, requests: [] });
      expect(await line.run(helpOf(late, '--pull', 'always', ...byOther))).toMatchObject({ status: 0 });
      expect(await watched(helpOf(late, '--pull', 'always', ...byOther))).toMatchObject({
        status: 0,
        requests: ['HEAD /v2/late/sample/manifests/v1'],
      });
    });
  });

  test('a pull that is interrupted says so, and leaves nothing half done', async () => {
    const name = `${repository}:stable`;
    await line.tool('rm', '-rf', 'interrupted');
    proxy.plan = ({ path }) => (path.includes('/blobs/') ? { kind: 'slow', afterBytes: 10, everyMs: 50 } : undefined);
    const words = ['timeout', '--preserve-status', '-s', 'INT', '1.5'];
    const ended = await line.run(['pull', name, '--verify-image=false'], { under: words, env: { GADGET_STORE: line.path('interrupted') } });
    proxy.plan = () => undefined;
    expect(ended).toMatchObject({ status: 130, stdout: '', stderr: expect.stringMatching(/^interrupted\n$/m) });
    expect(await line.tool('ls', 'interrupted/tmp')).toBe('');
    expect(await line.run(['image', 'list', '-o', 'json'], { env: { GADGET_STORE: line.path('interrupted') } })).toMatchObject({
      stdout: '[]\n',
    });
  });

  test('a stopped registry is told as such', async () => {
    await registry.close();
    await proxy.close();
    const latest = `${repository}:latest`;
    expect(await line.run(helpOf(latest, ...trusted))).toMatchObject({ status: 0 });
    const always = await line.run(helpOf(latest, '--pull', 'always', ...trusted));
    expect(always.stderr).toContain('cannot be reached');
    expect(always.stderr).not.toContain('there is no image');
    const { status, stderr } = await line.run(helpOf(`${repository}:other`, ...trusted));
    expect([status, stderr]).toEqual([3, expect.stringContaining('in the local store, and its registry cannot be asked')]);
  });
});
