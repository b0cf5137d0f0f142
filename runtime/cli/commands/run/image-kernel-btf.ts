import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../../base/diagnostics.ts';
import { ImageError } from '../../../base/errors.ts';
import { btfArchiveOf } from '../../../gadget/from-image.ts';
import { findKernelBtf, type KernelIdentity, maxBtfArchiveBytes, parseOsRelease } from '../../../gadget/kernel-btf-archive.ts';
import type { LocalImages } from '../../../oci/content-store.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { hostArchitecture } from '../../host-architecture.ts';

/**
 * The BTF that an image brings for the running kernel; undefined, with a warning when it brings others, if it has none. Throws IMAGE_INVALID for
 * an archive that is damaged or too large.
 */
export async function kernelBtfInImage(
  store: LocalImages,
  image: Descriptor,
  { name, root, report }: { readonly name: string; readonly root: string; readonly report: Report },
): Promise<Uint8Array | undefined> {
  const layer = await btfArchiveOf(store, image, hostArchitecture(), name);
  if (layer === undefined) return undefined;
  const subject = `the BTF archive of ${name}`;
  if (layer.size > maxBtfArchiveBytes) {
    throw new ImageError('IMAGE_INVALID', `${subject} has ${layer.size} bytes; at most ${maxBtfArchiveBytes} are read`);
  }
  const kernel = runningKernel(root);
  const found = await findKernelBtf(store.read(layer), kernel, subject);
  if (found === undefined) {
    const { distribution, distributionVersion } = kernel;
    const message = `${subject} has nothing for this kernel (${distribution} ${distributionVersion}, ${kernel.machine}, ${kernel.release})`;
    report({ severity: 'warning', message });
  }
  return found;
}

function runningKernel(root: string): KernelIdentity {
  return { ...parseOsRelease(osRelease(root)), machine: machine(), release: release() };
}

/** The first of the two places that os-release(5) names. */
function osRelease(root: string): string {
  for (const path of ['etc/os-release', 'usr/lib/os-release']) {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      // the other place, or none: then only the kernel's own release is looked for
    }
  }
  return '';
}

/** Gives the bytes as a file for as long as the work takes: libbpf reads BTF from a path. */
export async function withBtfFile<T>(bytes: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-btf-'));
  try {
    const path = join(folder, 'kernel.btf');
    writeFileSync(path, bytes, { mode: 0o600 });
    return await work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
