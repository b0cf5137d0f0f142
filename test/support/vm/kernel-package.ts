import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** An unpacked Debian kernel: its image and its modules. */
export interface GuestKernel {
  /** As uname says: `6.1.0-56-amd64`. */
  readonly release: string;
  readonly imagePath: string;
  /** Holds `lib/modules/<release>`. */
  readonly root: string;
}

/** Kernels are kept between runs: they are 60 MB each. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gadget-test-kernels');

/** The stock kernel of this Debian release, fetched with apt the first time. */
export async function stockKernel(): Promise<GuestKernel> {
  const name = await newestImagePackage();
  const root = join(cache, name);
  if (!existsSync(root)) await unpack(name, root);
  const release = name.slice('linux-image-'.length);
  return { release, imagePath: join(root, 'boot', `vmlinuz-${release}`), root };
}

/** `linux-image-amd64` depends on the newest image. */
async function newestImagePackage(): Promise<string> {
  const { stdout } = await exec('apt-cache', ['depends', 'linux-image-amd64']).catch(() => ({ stdout: '' }));
  const match = /Depends: (linux-image-\S+)/.exec(stdout);
  if (match !== null) return match[1]!;
  await exec('apt-get', ['update']);
  const second = /Depends: (linux-image-\S+)/.exec((await exec('apt-cache', ['depends', 'linux-image-amd64'])).stdout);
  if (second === null) throw new Error('apt knows no linux-image-amd64');
  return second[1]!;
}

async function unpack(name: string, root: string): Promise<void> {
  const work = `${root}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    // apt fetches as a user of its own, which may not write here: it says so and goes on as root.
    await exec('apt-get', ['download', name], { cwd: work }).catch(async () => {
      await exec('apt-get', ['update']);
      await exec('apt-get', ['download', name], { cwd: work });
    });
    const archive = readdirSync(work).find((entry) => entry.endsWith('.deb'));
    await exec('dpkg-deb', ['-x', join(work, archive!), join(work, 'root')], { maxBuffer: 2 ** 24 });
    await exec('depmod', ['-b', join(work, 'root'), name.slice('linux-image-'.length)]);
    renameSync(join(work, 'root'), root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
