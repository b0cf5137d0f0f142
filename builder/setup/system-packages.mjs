import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, step } from './progress.mjs';
import { runCommand } from './run-command.mjs';

const command = (name) => () =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, name))) ||
  ['/usr/sbin', '/sbin'].some((folder) => isExecutable(join(folder, name)));
const file =
  (...paths) =>
  () =>
    paths.some((path) => existsSync(path));
const archives = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((folder) => `/usr/lib/${folder}`);

/** What building and running needs: a sign that it is there, and the Debian package that brings it. */
const toBuild = [
  { package: 'g++', present: command('g++') },
  { package: 'libbpf-dev', present: file('/usr/include/bpf/libbpf.h') },
  { package: 'libelf-dev', present: file(...archives.map((folder) => `${folder}/libelf.a`)) },
  { package: 'zlib1g-dev', present: file(...archives.map((folder) => `${folder}/libz.a`)) },
  { package: 'clang-19', present: command('clang-19') },
];

/** What the tests run beside that: other kernels in a virtual machine, the tools that results are compared with, the style of C. */
const toTest = [
  { package: 'clang-format-19', present: command('clang-format-19') },
  { package: 'git', present: command('git') },
  { package: 'qemu-system-x86', present: command('qemu-system-x86_64') },
  { package: 'busybox-static', present: file('/bin/busybox', '/usr/bin/busybox') },
  { package: 'cpio', present: command('cpio') },
  { package: 'kmod', present: command('depmod') },
  { package: 'bpftool', present: command('bpftool') },
  { package: 'xz-utils', present: command('xz') },
  { package: 'zstd', present: command('zstd') },
  { package: 'iproute2', present: command('ip') },
  { package: 'docker-registry', present: command('docker-registry') },
  { package: 'skopeo', present: command('skopeo') },
  { package: 'openssl', present: command('openssl') },
];

/** What the benchmarks compare with. */
const toBenchmark = [
  { package: 'bpftrace', present: command('bpftrace') },
  { package: 'libbpf-tools', present: command('opensnoop') },
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs what is missing through apt when that can be done, else says exactly what to install. */
export async function ensureSystemPackages(purpose) {
  const wanted = [...toBuild, ...(purpose === 'run' ? [] : toTest), ...(purpose === 'bench' ? toBenchmark : [])];
  const missing = wanted.filter((entry) => !entry.present()).map((entry) => entry.package);
  if (missing.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!command('apt-get')())
    throw new SetupError(`missing: ${missing.join(', ')} (names of Debian's packages); install them with this system's package manager`, 6);
  if (process.getuid() !== 0) throw new SetupError(`missing system packages; install them as root:\n  sudo ${install}`, 6);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`installing ${missing.join(', ')}`, async () => {
    // A fresh machine has no package lists, an old one stale ones: look again only when the first try fails.
    await runCommand('apt-get', install.split(' ').slice(1), { env }).catch(async () => {
      // Translations of descriptions are a third of the lists.
      await runCommand('apt-get', ['update', '-o', 'Acquire::Languages=none'], { env });
      await runCommand('apt-get', install.split(' ').slice(1), { env });
    });
  });
}
