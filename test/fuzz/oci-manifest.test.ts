import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageError } from '../../runtime/base/errors.ts';
import { parseImageIndex, parseManifest } from '../../runtime/oci/manifest.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { encodeLocalIndex, parseLocalIndex } from '../../runtime/oci/store/local-index.ts';

const descriptor = { mediaType: mediaTypes.manifest, digest: `sha256:${'a'.repeat(64)}`, size: 3, annotations: { a: 'b' } };
const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: descriptor, layers: [descriptor], subject: descriptor };
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: [{ ...descriptor, platform: { architecture: 'amd64', os: 'linux' } }],
};

/** A good document with one member, at any depth, replaced by any JSON. */
function mutated(document: object): fc.Arbitrary<Uint8Array> {
  const paths = pathsOf(document);
  return fc.tuple(fc.constantFrom(...paths), fc.jsonValue()).map(([path, value]) => {
    const copy: unknown = structuredClone(document);
    const last = path[path.length - 1]!;
    let parent = copy as Record<string, unknown>;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
    parent[last] = value;
    return Buffer.from(JSON.stringify(copy));
  });
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [[key], ...pathsOf(member).map((path) => [key, ...path])]);
}

/** A good document with some bytes replaced, added or cut. */
function damaged(document: object): fc.Arbitrary<Uint8Array> {
  const bytes = Buffer.from(JSON.stringify(document));
  return fc.tuple(fc.nat(bytes.length), fc.nat(8), fc.uint8Array({ maxLength: 8 })).map(([at, cut, patch]) => {
    return Buffer.concat([bytes.subarray(0, at), patch, bytes.subarray(Math.min(at + cut, bytes.length))]);
  });
}

const readers = {
  manifest: [manifest, (bytes: Uint8Array) => parseManifest(bytes), 'IMAGE_INVALID'],
  'image index': [index, (bytes: Uint8Array) => parseImageIndex(bytes), 'IMAGE_INVALID'],
  'index.json': [index, (bytes: Uint8Array) => encodeLocalIndex(parseLocalIndex(bytes, 'index.json')), 'STORE_CORRUPT'],
} as const;

describe.each(Object.entries(readers))('%s', (_name, [document, read, code]) => {
  test.each([
    ['any bytes', fc.uint8Array({ maxLength: 500 })],
    ['any JSON', fc.json().map((text) => Buffer.from(text))],
    ['one member replaced', mutated(document)],
    ['damaged', damaged(document)],
  ])('%s: a value or a typed error', (_kind, bytes) => {
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          expect(read(input)).toBeDefined();
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
          expect(error.code).toBe(code);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
