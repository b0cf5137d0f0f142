import { describe, expect, test } from 'vitest';
import { readBytecodeLabels } from '../../runtime/gadget/foreign/bytecode-labels.ts';
import { imageKindOf } from '../../runtime/gadget/foreign/image-kind.ts';
import { describe as describeContent } from '../../runtime/oci/descriptor.ts';
import { childFor } from '../../runtime/oci/manifest.ts';

const part = (mediaType: string) => describeContent(mediaType, new Uint8Array());
const ociConfig = 'application/vnd.oci.image.config.v1+json';

test.each<[kind: string, config: string, layers: string[], artifactType?: string]>([
  ['gadget', 'application/vnd.gadget.config.v1+yaml', []],
  ['gadget', 'application/vnd.oci.empty.v1+json', ['application/vnd.gadget.ebpf.program.v1+binary']],
  ['gadget', 'application/vnd.oci.empty.v1+json', [], 'application/vnd.gadget.v1+binary'],
  ['bumblebee', 'application/ebpf.oci.image.config.v1+json', ['application/ebpf.oci.image.program.v1+binary']],
  ['bumblebee', 'application/ebpf.oci.image.config.v1+json', ['binary/ebpf.solo.io.v1']],
  ['eunomia-wasm', 'application/vnd.wasm.config.v1+json', ['application/vnd.wasm.content.layer.v1+wasm']],
  ['container', ociConfig, ['application/vnd.oci.image.layer.v1.tar+gzip']],
  ['container', 'application/vnd.docker.container.image.v1+json', ['application/vnd.docker.image.rootfs.diff.tar.gzip']],
  ['signature', ociConfig, ['application/vnd.dev.cosign.simplesigning.v1+json']],
  ['unknown', 'application/vnd.cncf.helm.config.v1+json', ['application/vnd.cncf.helm.chart.content.v1.tar+gzip']],
])('%s: config %s, layers %j', (kind, config, layers, artifactType) => {
  const types = artifactType === undefined ? {} : { artifactType };
  expect(imageKindOf({ config: part(config), layers: layers.map(part), annotations: {}, ...types })).toBe(kind);
});

describe('labels of bytecode', () => {
  const read = (labels: unknown) => readBytecodeLabels(Buffer.from(JSON.stringify({ config: { Labels: labels } })), 'x');

  test.each([
    ['of today', { 'io.ebpf.programs': '{"a":"xdp","b":"tc"}', 'io.ebpf.maps': '{"m":"hash"}' }, ['a xdp', 'b tc'], ['m hash'], undefined],
    [
      'of its first years',
      { 'io.ebpf.program_type': 'xdp', 'io.ebpf.filename': 'x.o', 'io.ebpf.bpf_function_name': 'pass', 'io.ebpf.program_name': 'p' },
      ['pass xdp'],
      [],
      'x.o',
    ],
    ['with a section only', { 'io.ebpf.program_type': 'tc', 'io.ebpf.section_name': 'stats' }, ['stats tc'], [], undefined],
    ['without a type', { 'io.ebpf.program_name': 'p' }, ['p unknown'], [], undefined],
  ])('%s', (_, labels, programs, maps, fileName) => {
    const found = read(labels);
    expect([...(found?.programs ?? [])].map((pair) => pair.join(' '))).toEqual(programs);
    expect([...(found?.maps ?? [])].map((pair) => pair.join(' '))).toEqual(maps);
    expect(found?.fileName).toBe(fileName);
  });

  test.each([[{}], [{ maintainer: 'x' }], [null], [undefined]])('%j are none', (labels) => {
    expect(read(labels)).toBeUndefined();
  });

  test.each([
    [{ 'io.ebpf.programs': '{' }, /io\.ebpf\.programs: is not JSON/],
    [{ 'io.ebpf.programs': '{"a":1}' }, /"a": is not a string/],
    [{ 'io.ebpf.programs': 1 }, /is not a string/],
    [['io.ebpf.programs'], /labels: is not a JSON object/],
  ])('%j are refused', (labels, message) => {
    expect(() => read(labels)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) }));
  });
});

describe('the manifest for a machine', () => {
  const on = (architecture?: string) => ({
    ...part('m'),
    ...(architecture === undefined ? {} : { platform: { architecture, os: 'linux' } }),
  });

  test.each<[what: string, manifests: ReturnType<typeof on>[], at: number]>([
    ['is the one that says so', [on('amd64'), on('arm64')], 1],
    ['is the only one, which says nothing', [on()], 0],
    ['is none of several that say nothing', [on(), on()], -1],
    ['is not one for another machine', [on('amd64')], -1],
    ['is none of an empty index', [], -1],
  ])('%s', (_, manifests, at) => {
    const found = childFor(manifests, 'arm64');
    expect(found === undefined ? -1 : manifests.indexOf(found)).toBe(at);
  });
});
