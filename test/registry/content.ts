import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { describe } from '../../runtime/oci/descriptor.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import type { RetryPolicy } from '../../runtime/oci/registry/http/retries.ts';
import type { ContentSource, Repository } from '../../runtime/oci/repository.ts';

/** Retries without the pauses. */
export const fast: Partial<RetryPolicy> = { firstPauseMs: 1, longestPauseMs: 5 };

export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export function blobOf(bytes: Uint8Array): Content {
  return { descriptor: describe('application/octet-stream', bytes), bytes: Buffer.from(bytes) };
}

export function randomBlob(size: number): Content {
  return blobOf(randomBytes(size));
}

export function jsonOf(mediaType: string, value: unknown, artifactType?: string): Content {
  const bytes = Buffer.from(JSON.stringify(value));
  return { descriptor: describe(mediaType, bytes, artifactType === undefined ? {} : { artifactType }), bytes };
}

/** A manifest with one config, which the repository has after this. */
export async function pushedManifest(repository: Repository, more: Record<string, unknown> = {}): Promise<Content> {
  const config = blobOf(Buffer.from('{}'));
  await repository.push(config.descriptor, config.bytes);
  const manifest = jsonOf(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { ...config.descriptor, mediaType: mediaTypes.emptyConfig },
    layers: [],
    annotations: { unique: randomBytes(8).toString('hex') },
    ...more,
  });
  await repository.push(manifest.descriptor, manifest.bytes);
  return manifest;
}

/** Gives content in pieces, as a file would. */
export function piecewise(bytes: Uint8Array, pieceBytes = 64 * 1024): ContentSource {
  return async function* (fromByte) {
    for (let at = fromByte; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
}

export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export const coded = (code: string) => expect.objectContaining({ code });

/** The error of a promise that has to fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  return promise.then(
    () => {
      throw new Error('did not fail');
    },
    (error) => error,
  );
}

/** Compares large content; `toEqual` goes through it element by element. */
export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect({ length: actual.length, equal: Buffer.compare(actual, expected) === 0 }).toEqual({ length: expected.length, equal: true });
}
