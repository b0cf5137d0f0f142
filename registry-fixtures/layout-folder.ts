import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A descriptor as it stands in JSON. */
export interface Part {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

/** An OCI image layout on disk, to be filled as other tools fill theirs: nothing here is the product's. */
export class LayoutFolder {
  readonly folder: string;
  readonly #entries: (Part & { readonly annotations: Readonly<Record<string, string>> })[] = [];

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
    writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  blob(mediaType: string, content: Uint8Array | string): Part {
    const bytes = Buffer.from(content);
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(this.folder, 'blobs', 'sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  }

  json(mediaType: string, value: unknown): Part {
    return this.blob(mediaType, JSON.stringify(value));
  }

  /** Names an image, `registry/repository:tag`. */
  name(image: Part, name: string): void {
    this.#entries.push({ ...image, annotations: { 'org.opencontainers.image.ref.name': name } });
    writeFileSync(join(this.folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: this.#entries }));
  }
}
