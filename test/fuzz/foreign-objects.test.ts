import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { mergeMapSections } from '../../runtime/gadget/foreign/merge-map-sections.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { foreignObject } from '../support/foreign-objects.ts';

const foreign = { kind: 'bumblebee', description: '', labels: undefined } as const;
let objects: Buffer[];

beforeAll(async () => {
  objects = [await foreignObject('bumblebee', ['OLD_SECTIONS']), await foreignObject('bumblebee', ['OLD_SECTIONS', 'ONLY_SHOWN_MAPS'])];
});

const read = (object: Uint8Array) =>
  specFromParts({ name: 'x', architecture: 'amd64', object, metadataText: undefined, foreign }, () => undefined);

test('an old object of BumbleBee, damaged: a spec or a typed error', () => {
  // Tables of sections and symbols are at the end.
  const change = fc.tuple(fc.boolean(), fc.nat(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.nat(1), fc.array(change, { minLength: 1, maxLength: 12 }), (which, changes) => {
      const bytes = Buffer.from(objects[which]!);
      for (const [atEnd, at, value] of changes) bytes[atEnd ? bytes.length - 1 - (at % 4096) : at % bytes.length] = value;
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(GadgetError);
      }
    }),
    { numRuns: 500 },
  );
});

test('an object with its maps in one section is left as it is, also when it was made so', () => {
  for (const object of objects) {
    const merged = mergeMapSections(object);
    expect(merged).not.toBe(object);
    expect(
      read(merged)
        .maps.map(({ name }) => name)
        .sort(),
    ).toEqual(
      read(object)
        .maps.map(({ name }) => name)
        .sort(),
    );
  }
});
