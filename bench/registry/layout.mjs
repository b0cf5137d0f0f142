import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const pieceBytes = 1 << 20;
const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.gadget.config.v1+yaml',
  layer: 'application/vnd.gadget.ebpf.program.v1+binary',
};

/** Writes an image layout with one image of new random content: an index, a manifest, a layer of so many bytes. */
export function writeLayout(folder, { names, bytes }) {
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  const layer = writeRandomBlob(folder, bytes);
  const config = writeBlob(folder, 'name: bench\n');
  const manifest = writeBlob(
    folder,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, ...config },
      layers: [{ mediaType: types.layer, ...layer }],
    }),
  );
  const platform = { architecture: 'amd64', os: 'linux' };
  const index = writeBlob(
    folder,
    JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: [{ mediaType: types.manifest, ...manifest, platform }] }),
  );
  const manifests = names.map((name) => ({
    mediaType: types.index,
    ...index,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
}

const blobPath = (folder, hex) => join(folder, 'blobs', 'sha256', hex);

function writeBlob(folder, text) {
  const hex = createHash('sha256').update(text).digest('hex');
  writeFileSync(blobPath(folder, hex), text);
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

/** Every piece begins with random bytes of its own, so that no storage or network can make less of it. */
function writeRandomBlob(folder, size) {
  const temporary = join(folder, 'blob');
  const hash = createHash('sha256');
  const file = openSync(temporary, 'w');
  const piece = randomBytes(pieceBytes);
  for (let at = 0; at < size; at += pieceBytes) {
    randomBytes(32).copy(piece);
    const part = piece.subarray(0, Math.min(pieceBytes, size - at));
    hash.update(part);
    writeSync(file, part);
  }
  closeSync(file);
  const hex = hash.digest('hex');
  renameSync(temporary, blobPath(folder, hex));
  return { digest: `sha256:${hex}`, size };
}
