import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packImage } from '../../builder/pack.ts';
import { describe as describeContent } from '../../runtime/oci/descriptor.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { nothingStays, Workshop } from './bad-input/refusal.ts';

const registry = 'ghcr.io/inspektor-gadget/gadget';
const said = (...lines: string[]) => `${lines.join('\n')}\n`;

let workshop: Workshop;
beforeAll(async () => {
  workshop = new Workshop();
  workshop.gadget('sample', {});
  expect(await workshop.run(['build', './sample', '-t', 'sample'])).toMatchObject({ status: 0, stderr: '' });
});
afterAll(() => workshop.close());

const without = (...capabilities: string[]) => [
  'setpriv',
  `--bounding-set=${capabilities.map((name) => `-${name}`).join(',')}`,
  '--inh-caps=-all',
];
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

describeAsRoot('privilege', () => {
  it.each<[what: string, through: readonly string[], words: string[], stderr: string]>([
    [
      'a user without any',
      asNobody,
      ['run', 'sample'],
      said(
        'error: loading eBPF programs needs CAP_BPF and CAP_PERFMON, which this process lacks',
        'hint: run it as root (sudo), or in a container started with --cap-add BPF --cap-add PERFMON',
      ),
    ],
    [
      'a user without any, and an image that is not there',
      asNobody,
      ['run', 'nowhere'],
      said(
        'error: loading eBPF programs needs CAP_BPF and CAP_PERFMON, which this process lacks',
        'hint: run it as root (sudo), or in a container started with --cap-add BPF --cap-add PERFMON',
      ),
    ],
    [
      'one of two',
      without('perfmon', 'sys_admin'),
      ['run', 'sample'],
      said(
        'error: loading eBPF programs needs CAP_PERFMON, which this process lacks',
        'hint: run it as root (sudo), or in a container started with --cap-add PERFMON',
      ),
    ],
  ])('%s', async (_, through, words, stderr) => {
    const env = { HOME: '/nonexistent', XDG_CONFIG_HOME: undefined };
    expect(await workshop.run(words, { through, env })).toEqual({ status: 6, stdout: '', stderr });
    await nothingStays();
  });

  it('is three capabilities: a user with those needs not be root', async () => {
    const capabilities = '+bpf,+perfmon,+dac_read_search';
    const through = [...asNobody, `--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`];
    const env = { HOME: '/nonexistent', XDG_CONFIG_HOME: undefined };
    const answer = await workshop.run(['run', 'sample', '-o', 'none', '-t', '1'], { through, env });
    expect(answer).toEqual({ status: 0, stdout: '', stderr: expect.stringMatching(/^calls: \d+ delivered/) });
    await nothingStays();
  });

  it('is not asked for by what loads nothing', async () => {
    const env = { HOME: '/nonexistent', XDG_CONFIG_HOME: undefined, GADGET_STORE: '/nonexistent/store' };
    const answer = await workshop.run(['list'], { through: asNobody, env });
    expect(answer).toEqual({
      status: 0,
      stdout: 'GADGET  DESCRIPTION\n',
      stderr: 'no gadgets in the local store: "gadget build" makes one\n',
    });
  });
});

describeAsRoot('a kernel without BTF', () => {
  const through = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'sh'];

  it('cannot run a gadget that is relocated to it', async () => {
    expect(await workshop.run(['run', './sample', '-t', '1'], { through })).toEqual({
      status: 6,
      stdout: '',
      stderr: said(
        'error: cannot load sample: this kernel has no BTF (/sys/kernel/btf/vmlinux)',
        'hint: boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, or name a file with the BTF of this one: --kernel-btf FILE',
      ),
    });
    await nothingStays();
  });

  it('runs it with the BTF of a file', async () => {
    workshop.file('kernel.btf', readFileSync('/sys/kernel/btf/vmlinux'));
    const { status, stderr } = await workshop.run(['run', 'sample', '-o', 'none', '-t', '1', '--kernel-btf', './kernel.btf'], { through });
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^calls: \d+ delivered/)]);
  });

  it('is what the list of gadgets says', async () => {
    const { stdout } = await workshop.run(['list'], { through });
    expect(stdout).toBe(
      'GADGET  DESCRIPTION\nsample  [not here: the kernel has no BTF (/sys/kernel/btf/vmlinux); --kernel-btf FILE gives it]\n',
    );
  });
});

describe('a machine without clang', () => {
  it.each([['build'], ['run']])('cannot %s a folder', async (command) => {
    mkdirSync(join(workshop.folder, 'bin'), { recursive: true });
    if (command === 'run' && process.getuid?.() !== 0) return;
    const env = { PATH: join(workshop.folder, 'bin'), CLANG: undefined };
    expect(await workshop.run([command, './sample'], { env })).toEqual({
      status: 6,
      stdout: '',
      stderr: said(
        'error: no compiler for eBPF: there is no clang of version 15 or newer in PATH',
        'hint: on Debian and Ubuntu: apt install clang-19; or name one with --clang or CLANG',
      ),
    });
  });
});

describe('a store', () => {
  const store = () => openImageStore(join(workshop.folder, 'store'));
  const blobs = () => join(workshop.folder, 'store/blobs/sha256');
  const imageNamed = (name: string) => parseImageReference(`${registry}/${name}`);
  /** Statuses of 3 and 4 come before anything that needs privilege, but only root gets so far. */
  const command = process.getuid?.() === 0 ? ['run'] : ['image', 'inspect'];

  /** Digests of the eBPF programs of a new image. Both architectures may have the same. */
  async function objectBlobs(name: string): Promise<ReadonlySet<string>> {
    workshop.gadget(name, { more: `const char name_of_this[] = "${name}";` });
    expect(await workshop.run(['build', `./${name}`, '-t', name])).toMatchObject({ status: 0 });
    const { manifests } = JSON.parse((await workshop.run(['image', 'inspect', name, '-o', 'json'])).stdout);
    const layers: { digest: string }[] = manifests.flatMap((manifest: { layers: { digest: string }[] }) => manifest.layers);
    return new Set(layers.map(({ digest }) => digest.slice('sha256:'.length)));
  }

  it('with content cut short names its digest', async () => {
    const digests = await objectBlobs('short');
    for (const digest of digests) truncateSync(join(blobs(), digest), 100);
    const answer = await workshop.run([...command, 'short']);
    expect(answer).toMatchObject({ status: 3, stdout: '' });
    const [, digest = '', bytes] = /sha256:([0-9a-f]{64}): has 100 bytes instead of (\d+)\n/.exec(answer.stderr)!;
    expect([digests.has(digest), Number(bytes) > 1000]).toEqual([true, true]);
    expect(answer.stderr).toBe(
      said(
        `error: content in the image store is damaged: sha256:${digest}: has 100 bytes instead of ${bytes}`,
        'hint: build the image again, which puts good content in its place, or remove and pull it again',
      ),
    );
  });

  it('with changed content names its digest, and still lists what it has', async () => {
    const digests = await objectBlobs('changed');
    for (const digest of digests) {
      const bytes = readFileSync(join(blobs(), digest));
      bytes[1000]! ^= 1;
      writeFileSync(join(blobs(), digest), bytes);
    }
    const answer = await workshop.run([...command, 'changed']);
    expect(answer).toMatchObject({ status: 3, stdout: '' });
    expect(answer.stderr).toMatch(
      /^error: content in the image store is damaged: sha256:[0-9a-f]{64}: its content has the digest sha256:[0-9a-f]{64}\nhint: .*\n$/,
    );
    const { status, stdout } = await workshop.run(['list']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^changed +\[not here: content in the image store is damaged: .*\]$/m)]);
    expect(stdout).toMatch(/^sample *$/m);
  });

  it('without the content names its digest', async () => {
    for (const digest of await objectBlobs('gone')) rmSync(join(blobs(), digest));
    const answer = await workshop.run([...command, 'gone']);
    expect(answer).toMatchObject({ status: 3, stdout: '' });
    expect(answer.stderr).toMatch(/^error: sha256:[0-9a-f]{64} is not in the image store \.\/store\nhint: .*\n$/);
  });

  it('with an index that is no JSON names the file', async () => {
    workshop.file('broken/index.json', '{');
    workshop.file('broken/oci-layout', '{"imageLayoutVersion":"1.0.0"}');
    const answer = await workshop.run(['image', 'list'], { env: { GADGET_STORE: join(workshop.folder, 'broken') } });
    expect(answer).toMatchObject({ status: 3, stdout: '' });
    expect(answer.stderr).toMatch(
      /^error: the image store's index cannot be read: \.\/broken\/index\.json: is not JSON in UTF-8\n.*hint: move the file away: .*\n$/s,
    );
  });

  it('with an image for another architecture says for which', async () => {
    const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
    const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const bytes = new TextEncoder().encode(
      JSON.stringify({ schemaVersion: 2, config: describeContent(mediaTypes.emptyConfig, new Uint8Array(2)), layers: [] }),
    );
    const manifest = { ...describeContent(mediaTypes.manifest, bytes), platform: { architecture: other, os: 'linux' } };
    const index = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [manifest] }));
    const local = store();
    await local.push(manifest, bytes);
    await local.push(describeContent(mediaTypes.emptyConfig, new Uint8Array(2)), new Uint8Array(2));
    await local.push(describeContent(mediaTypes.index, index), index);
    await local.tag(describeContent(mediaTypes.index, index), imageNamed('foreign'), { builtHere: true });
    await local.close();
    expect(await workshop.run([...command, 'foreign'])).toEqual({
      status: 4,
      stdout: '',
      stderr: said(`error: foreign has nothing for the architecture ${own}`, `hint: it is for ${other}`),
    });
  });

  it('with an image that has a WASM module warns that it is not run', async () => {
    if (command[0] !== 'run') return;
    const local = store();
    const [digest = ''] = await objectBlobs('module');
    const object = readFileSync(join(blobs(), digest));
    const objects = new Map((['amd64', 'arm64'] as const).map((architecture) => [architecture, object]));
    const image = await packImage(local, {
      metadataText: 'name: module\n',
      objects,
      wasm: new Uint8Array([0, 97, 115, 109]),
      annotations: {},
    });
    await local.tag(image, imageNamed('module'), { builtHere: true });
    await local.close();
    const { status, stderr } = await workshop.run(['run', 'module', '-o', 'none', '-t', '1']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: module: its WASM module is not run; fields that it fills stay empty\ncalls: \d+ delivered, /);
  });

  it('that is a file is refused', async () => {
    workshop.file('file', '');
    expect(await workshop.run(['image', 'list'], { env: { GADGET_STORE: join(workshop.folder, 'file') } })).toEqual({
      status: 3,
      stdout: '',
      stderr: said('error: cannot read ./file/index.json: not a directory'),
    });
  });
});
