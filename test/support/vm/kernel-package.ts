import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DebianSuite } from './debian-suite.ts';

const exec = promisify(execFile);

/** An unpacked Debian kernel: its image and the modules that a guest needs. */
export interface GuestKernel {
  /** As uname says: `6.1.0-56-amd64`. */
  readonly release: string;
  readonly imagePath: string;
  /** Holds `lib/modules/<release>`. */
  readonly root: string;
}

/** The suite of Debian's archive that each series comes from. */
export const kernelSuites = { '5.10': 'bullseye', '6.1': 'bookworm', '6.12': 'bookworm-backports' } as const;
export type KernelSeries = keyof typeof kernelSuites;

/** Kernels are kept between runs, 15 MB each; a removed folder is fetched anew. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gadget-test-kernels');

/** Folders of modules that a guest may need to reach its disks and files. */
const moduleFolders = ['fs/9p', 'net/9p', 'fs/fscache', 'fs/netfs', 'drivers/virtio', 'drivers/block'];

/** The stock kernel of a series, fetched with apt the first time. Seconds. */
export async function stockKernel(series: KernelSeries): Promise<GuestKernel> {
  const root = join(cache, series);
  if (!existsSync(root)) await fetchKernel(series, root);
  const modules = join(root, 'lib/modules');
  const release = readdirSync(modules)[0]!;
  const inModules = join(modules, release, 'vmlinuz');
  return { release, imagePath: existsSync(inModules) ? inModules : join(root, 'boot', `vmlinuz-${release}`), root };
}

async function fetchKernel(series: KernelSeries, root: string): Promise<void> {
  const work = `${root}.${process.pid}`;
  try {
    const suite = await DebianSuite.open(kernelSuites[series], work);
    const image = (await suite.dependencies('linux-image-amd64')).find((name) => name.startsWith('linux-image-'));
    if (image === undefined) throw new Error(`linux-image-amd64 of ${kernelSuites[series]} names no image`);
    // Newer packages only point at those with the image and the modules.
    const parts = (await suite.dependencies(image)).filter((name) => /^linux-(binary|modules)-/.test(name));
    const unpacked = join(work, 'root');
    mkdirSync(unpacked);
    for (const file of await suite.download([image, ...parts])) await unpackKernel(file, unpacked);
    if (!existsSync(join(unpacked, 'lib'))) symlinkSync('usr/lib', join(unpacked, 'lib'));
    await exec('depmod', ['-b', unpacked, readdirSync(join(unpacked, 'lib/modules'))[0]!]);
    renameSync(unpacked, root);
  } catch (error) {
    if (!existsSync(root)) throw error; // else another run was quicker
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Takes out of a package what a guest needs of it. */
async function unpackKernel(file: string, folder: string): Promise<void> {
  const { stdout } = await exec('/bin/sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -t', 'sh', file], { maxBuffer: 2 ** 24 });
  const wanted = stdout.split('\n').filter(isWanted);
  if (wanted.length === 0) return;
  await exec('/bin/sh', ['-c', 'f=$1 d=$2; shift 2; dpkg-deb --fsys-tarfile "$f" | tar -x -C "$d" "$@"', 'sh', file, folder, ...wanted]);
}

function isWanted(path: string): boolean {
  if (/\/vmlinuz[^/]*$|\/modules\.[^/]*$/.test(path)) return true;
  return path.endsWith('/') === false && moduleFolders.some((folder) => path.includes(`/kernel/${folder}/`));
}
