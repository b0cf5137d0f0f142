import { readLayerFiles } from '../oci/layer-files.ts';

/** The kernel that BTF is looked for, as uname(2) and os-release(5) name it. */
export interface KernelIdentity {
  /** `ID` of os-release: `debian`. */
  readonly distribution: string;
  /** `VERSION_ID` of os-release: `12`. */
  readonly distributionVersion: string;
  /** `x86_64`. */
  readonly machine: string;
  /** `6.1.0-18-amd64`. */
  readonly release: string;
}

/** The largest BTF of one kernel in bytes; what btfgen leaves of it has a hundredth. */
const maxBtfBytes = 32 * 1024 * 1024;
/** The largest archive in bytes, compressed. */
export const maxBtfArchiveBytes = 128 * 1024 * 1024;
const limits = { unpackedBytes: 512 * 1024 * 1024, fileBytes: maxBtfBytes, entries: 50_000 } as const;

/**
 * The BTF of one kernel in an archive of many, a tar.gz as `btfgen` layers hold: under `ID/VERSION_ID/MACHINE/RELEASE.btf`, or, as builders of
 * Inspektor Gadget pack it, `RELEASE.btf`. Undefined when the archive lacks it. Throws IMAGE_INVALID for hostile or damaged archives.
 */
export async function findKernelBtf(
  archive: AsyncIterable<Uint8Array>,
  kernel: KernelIdentity,
  subject: string,
): Promise<Uint8Array | undefined> {
  const names = namesOf(kernel);
  const found = await readLayerFiles(archive, { subject, limits, wants: (name) => names.includes(name) });
  return names.map((name) => found.get(name)).find((bytes) => bytes !== undefined);
}

/** The best first. */
function namesOf({ distribution, distributionVersion, machine, release }: KernelIdentity): readonly string[] {
  return [`${distribution}/${distributionVersion}/${machine}/${release}.btf`, `${release}.btf`];
}

/** `ID` and `VERSION_ID` of an os-release file, without quotes; empty where it lacks them. See os-release(5). */
export function parseOsRelease(text: string): Pick<KernelIdentity, 'distribution' | 'distributionVersion'> {
  const value = (key: string): string => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}=`));
    return (line ?? '')
      .slice(key.length + 1)
      .trim()
      .replace(/^(["'])(.*)\1$/, '$2');
  };
  return { distribution: value('ID'), distributionVersion: value('VERSION_ID') };
}
