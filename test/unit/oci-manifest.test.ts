import { describe, expect, test } from 'vitest';
import { describe as describeBytes, verifyContent } from '../../runtime/oci/descriptor.ts';
import { digestOf, isDigest } from '../../runtime/oci/digest.ts';
import { maxManifestBytes, parseImageIndex, parseManifest, successorsOf } from '../../runtime/oci/manifest.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';

const encode = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const part = { mediaType: mediaTypes.gadgetConfig, digest: `sha256:${'a'.repeat(64)}`, size: 3 };
const manifest = { schemaVersion: 2, config: part, layers: [part, { ...part, mediaType: mediaTypes.ebpfProgram }] };
const child = { ...part, mediaType: mediaTypes.manifest, platform: { architecture: 'arm64', os: 'linux' } };
const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [child], annotations: { a: 'b' } };
const invalid = expect.objectContaining({ code: 'IMAGE_INVALID' });

test('a digest is that of sha256', () => {
  expect(digestOf(Buffer.from('abc'))).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect([isDigest(part.digest), isDigest('sha256:A'), isDigest(undefined)]).toEqual([true, false, false]);
});

test('a manifest and an index are read', () => {
  expect(parseManifest(encode(manifest))).toEqual({ config: part, layers: manifest.layers, annotations: {} });
  expect(parseImageIndex(encode(index))).toEqual({ mediaType: mediaTypes.index, manifests: [child], annotations: { a: 'b' } });
});

test('Go writes null for what is empty', () => {
  const nulls = { ...manifest, annotations: null, subject: null, layers: [{ ...part, platform: null, annotations: null }] };
  expect(parseManifest(encode(nulls)).layers).toEqual([{ ...part, annotations: {} }]);
});

test('what an image needs', () => {
  const ofManifest = describeBytes(mediaTypes.manifest, encode(manifest));
  const ofIndex = describeBytes(mediaTypes.index, encode(index));
  expect(successorsOf(ofManifest, encode(manifest))).toEqual([part, ...manifest.layers]);
  expect(successorsOf(ofIndex, encode(index))).toEqual([child]);
  expect(successorsOf(describeBytes('text/plain', encode('x')), encode('x'))).toEqual([]);
});

describe('refused manifests', () => {
  test.each([
    ['not JSON', '{'],
    ['more than one value', '{}{}'],
    ['a byte order mark', `\ufeff${JSON.stringify(manifest)}`],
    ['a list', []],
    ['null', null],
    ['no version', { ...manifest, schemaVersion: undefined }],
    ['version 1', { ...manifest, schemaVersion: 1 }],
    ['also an index', { ...manifest, manifests: [] }],
    ['type of an index', { ...manifest, mediaType: mediaTypes.index }],
    ['type is a number', { ...manifest, mediaType: 1 }],
    ['no config', { ...manifest, config: undefined }],
    ['layers missing', { ...manifest, layers: undefined }],
    ['layers an object', { ...manifest, layers: {} }],
    ['too many layers', { ...manifest, layers: Array(1001).fill(part) }],
    ['digest malformed', { ...manifest, config: { ...part, digest: 'sha256:../../etc/passwd' } }],
    ['digest of another algorithm', { ...manifest, config: { ...part, digest: `md5:${'a'.repeat(32)}` } }],
    ['size negative', { ...manifest, config: { ...part, size: -1 } }],
    ['size no integer', { ...manifest, config: { ...part, size: 1.5 } }],
    ['size beyond 2^53', { ...manifest, config: { ...part, size: 2 ** 54 } }],
    ['annotation is a number', { ...manifest, annotations: { a: 1 } }],
    ['platform without os', { ...manifest, layers: [{ ...part, platform: { architecture: 'x' } }] }],
    ['deep nesting', '['.repeat(1_000_000)],
  ])('%s', (_name, value) => {
    expect(() => parseManifest(encode(value))).toThrow(invalid);
  });

  test('bytes that are not UTF-8', () => {
    expect(() => parseManifest(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]))).toThrow(invalid);
  });

  test('more bytes than allowed', () => {
    expect(() => parseManifest(new Uint8Array(maxManifestBytes + 1))).toThrow(invalid);
  });
});

test('an index with layers or config is refused', () => {
  expect(() => parseImageIndex(encode({ ...index, layers: [] }))).toThrow(invalid);
  expect(() => parseImageIndex(encode({ ...index, config: part }))).toThrow(invalid);
  expect(() => parseImageIndex(encode({ ...index, mediaType: mediaTypes.manifest }))).toThrow(invalid);
});

test('an annotation named __proto__ is only text', () => {
  const { annotations } = parseManifest(encode(JSON.stringify({ ...manifest, annotations: { k: 'v' } }).replace('"k"', '"__proto__"')));
  expect(Object.keys(annotations)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
});

test('content is held against its descriptor', () => {
  const bytes = encode('content');
  const descriptor = describeBytes('text/plain', bytes);
  expect(() => verifyContent(descriptor, bytes)).not.toThrow();
  expect(() => verifyContent(descriptor, encode('content!'))).toThrow(invalid);
  expect(() => verifyContent(descriptor, encode('c0ntent'))).toThrow(invalid);
});
