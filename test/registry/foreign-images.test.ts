import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import {
  bumblebeeImage,
  bytecodeImage,
  type GadgetLayers,
  gadgetManifest,
  inspektorGadgetImage,
} from '../../registry-fixtures/foreign-images.ts';
import { LayoutFolder, type Part } from '../../registry-fixtures/layout-folder.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { foreignObject } from '../support/foreign-objects.ts';

const isRoot = process.getuid?.() === 0;
const canRun = isRoot && findProgram('docker-registry') !== undefined;
const metadata = 'name: opens\ndescription: files that are opened\n';

describe.skipIf(!canRun)('an image of other tools', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  let layout: LayoutFolder;
  let objects: Record<'gadget' | 'bumblebee' | 'counter' | 'pass', Buffer>;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    layout = new LayoutFolder(line.path('source'));
    const [gadget, bumblebee, counter, pass] = await Promise.all([
      foreignObject('gadget'),
      foreignObject('bumblebee'),
      foreignObject('counter'),
      foreignObject('pass'),
    ]);
    objects = { gadget, bumblebee, counter, pass };
  }, 60_000);
  afterAll(async () => {
    await registry.close();
    line.remove();
  });

  /** Brings an image to the registry, from where commands get it. */
  async function pushed(name: string, image: Part): Promise<string> {
    const reference = `${registry.host}/foreign/${name}:v1`;
    layout.name(image, reference);
    const { status, stderr } = await line.run(['push', reference], { env: { GADGET_STORE: layout.folder } });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    return reference;
  }

  /** Runs an image while files are opened: on a quiet machine nobody else does. */
  const run = async (reference: string, ...flags: string[]) => {
    const opening = setInterval(() => readFileSync('/proc/self/stat'), 20);
    try {
      return await line.run(['run', reference, '--verify-image=false', '-t', '10', '-o', 'json', ...flags]);
    } finally {
      clearInterval(opening);
    }
  };

  const shapes: [what: string, make: (layout: LayoutFolder, layers: GadgetLayers) => Part, more: Partial<GadgetLayers>, stderr: RegExp][] =
    [
      ['of Inspektor Gadget', inspektorGadgetImage, {}, /^(?!.*warning)/s],
      ['whose manifests say their type', inspektorGadgetImage, { mediaTypeInManifest: true }, /^(?!.*warning)/s],
      ['of one manifest without an index', gadgetManifest, {}, /^(?!.*warning)/s],
      ['with a WASM module', inspektorGadgetImage, { wasm: Buffer.from('\0asm') }, /warning: .*its WASM module is not run/],
      [
        'with a layer of an unknown type',
        inspektorGadgetImage,
        { others: { 'application/vnd.gadget.future.v2': 'x' } },
        /warning: .*its layer of type application\/vnd\.gadget\.future\.v2 is passed over/,
      ],
    ];

  it.each(shapes)('%s is pulled and run', async (what, make, more, stderr) => {
    const reference = await pushed(
      `shape-${shapes.findIndex(([name]) => name === what)}`,
      make(layout, { metadata, object: objects.gadget, ...more }),
    );
    const ended = await run(reference, '-n', '1');
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+/), stderr: expect.stringMatching(stderr) });
  });

  it('of metadata only is inspected, and refused where it would be run', async () => {
    const reference = await pushed(
      'metadata',
      inspektorGadgetImage(layout, { metadata: 'name: stats\noperator:\n  bpfstats:\n    enabled: true\n' }),
    );
    expect(await line.run(['pull', reference, '--verify-image=false'])).toMatchObject({ status: 0 });
    expect(JSON.parse(await line.gadget('image', 'inspect', reference, '-o', 'json'))).toMatchObject({
      gadget: { name: 'stats', programs: [] },
    });
    expect(await run(reference)).toMatchObject({ status: 4, stderr: expect.stringContaining('made by the operator bpfstats') });
  });

  it('of BumbleBee shows the maps that its conventions name', async () => {
    const reference = await pushed('bumblebee', bumblebeeImage(layout, objects.bumblebee));
    expect(await line.gadget('image', 'inspect', reference)).toMatch(/kind: +an eBPF program as BumbleBee \(bee\) packs it\n/);
    expect(await line.gadget('image', 'inspect', reference)).toMatch(/what it can do to the host:\n {2}only look at it/);
    const { gadget } = JSON.parse(await line.gadget('image', 'inspect', reference, '-o', 'json'));
    expect(gadget.dataSources.map(({ origin }: { origin: unknown }) => origin)).toEqual([
      { kind: 'map-iterator', map: 'counter_opens' },
      { kind: 'tracer', map: 'print_events' },
    ]);
    const ended = await run(reference, '--map-fetch-interval', '200ms', '-t', '2');
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout).toMatch(/"pid":\d+,"spent":1500,"comm":"[^"]+"/);
    expect(ended.stdout).toMatch(/"pid":\d+,"comm":"[^"]+","value":\d+/);
  });

  it.each([
    ['beside others', []],
    ['without others', ['ONLY_SHOWN_MAPS']],
  ])('of an older BumbleBee, whose maps say it by their section, %s, is inspected and run', async (_, macros) => {
    const object = await foreignObject('bumblebee', ['OLD_SECTIONS', ...macros]);
    const reference = await pushed(`bumblebee-sections-${macros.length}`, bumblebeeImage(layout, object));
    const { gadget } = JSON.parse(await line.gadget('image', 'inspect', reference, '-o', 'json'));
    expect(gadget.dataSources.map(({ name }: { name: string }) => name).sort()).toEqual(['events', 'opens']);
    const ended = await run(reference, '--map-fetch-interval', '200ms', '-t', '2');
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+,"spent":1500/) });
  });

  it.each([
    ['labels of today', 'oci', { 'io.ebpf.programs': '{"tracepoint_open_recorder":"tracepoint"}', 'io.ebpf.maps': '{"opens":"hash"}' }],
    [
      'labels of its first years',
      'docker',
      {
        'io.ebpf.program_type': 'tracepoint',
        'io.ebpf.filename': 'counter.o',
        'io.ebpf.program_name': 'counter',
        'io.ebpf.bpf_function_name': 'tracepoint_open_recorder',
      },
    ],
  ] as const)('of bpfman, with %s, shows its hash maps', async (_, types, labels) => {
    const files = { 'counter.o': objects.counter, 'etc/other': Buffer.from('x') };
    const reference = await pushed(`bpfman-${types}`, await bytecodeImage(layout, { labels, files, types }));
    const text = await line.gadget('image', 'inspect', reference);
    expect(text).toMatch(/kind: +eBPF bytecode as bpfman runs it\n/);
    expect(text).toMatch(/labels: +tracepoint_open_recorder \(tracepoint\)/);
    const ended = await run(reference, '--map-fetch-interval', '200ms', '-t', '1');
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+,"value":\d+/) });
  });

  it.skipIf(findProgram('skopeo') === undefined)('of bpfman is run from an archive of docker save', async () => {
    const labels = { 'io.ebpf.programs': '{"tracepoint_open_recorder":"tracepoint"}', 'io.ebpf.maps': '{"opens":"hash"}' };
    const reference = await pushed('archived', await bytecodeImage(layout, { labels, files: { 'counter.o': objects.counter } }));
    const archive = ['--src-tls-verify=false', `docker://${reference}`, 'docker-archive:saved.tar:registry.example/org/counter:v1'];
    await line.tool('skopeo', '--insecure-policy', 'copy', ...archive);
    await line.gadget('image', 'import', 'saved.tar');
    const ended = await run('registry.example/org/counter:v1', '--pull', 'never', '--map-fetch-interval', '200ms', '-t', '1');
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+,"value":\d+/) });
  });

  it('of bpfman without anything to show is refused, and says what it is', async () => {
    const labels = { 'io.ebpf.programs': '{"pass":"xdp"}', 'io.ebpf.maps': '{}' };
    const reference = await pushed('bpfman-pass', await bytecodeImage(layout, { labels, files: { 'pass.o': objects.pass } }));
    expect(await run(reference)).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(
        /^error: bpfman-pass is eBPF bytecode as bpfman runs it, and none of its maps can be shown\nhint: its programs: pass \(xdp\)\n/m,
      ),
    });
  });

  it.each([
    ['a container image', { labels: {}, types: 'docker' }, /is no gadget image: it is a container image\n/],
    ['bytecode without an object', { labels: { 'io.ebpf.programs': '{}' }, types: 'oci' }, /has no object file \(\.o\) in its layer\n/],
  ] as const)('%s is refused, and says what it is', async (what, { labels, types }, stderr) => {
    const reference = await pushed(
      what.replaceAll(' ', '-'),
      await bytecodeImage(layout, { labels, types, files: { 'bin/sh': Buffer.from('x') } }),
    );
    expect(await run(reference)).toMatchObject({ status: 4, stderr: expect.stringMatching(stderr) });
    const inspected = await line.run(['image', 'inspect', reference]);
    expect(inspected).toMatchObject({ status: 0, stdout: expect.stringMatching(/content:\n/) });
  });
});
