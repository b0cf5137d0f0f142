import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, step } from './progress.mjs';
import { runCommand } from './run-command.mjs';

/** A sign that a package is there: how to look for it, and what it is in words. */
const command = (name) => ({ isThere: (env) => pathOf(name, env) !== undefined, text: `the command ${name}` });
const file = (...paths) => ({ isThere: () => paths.some((path) => existsSync(path)), text: paths.join(' or ') });

/** Any compiler that building gadgets takes. */
const { oldestMajor, names: clangNames } = JSON.parse(readFileSync(new URL('../clang-names.json', import.meta.url), 'utf8'));
const clang = {
  isThere: (env) => (env.CLANG ? [env.CLANG] : clangNames).some((name) => isNewEnough(pathOf(name, env))),
  text: `clang ${oldestMajor} or newer`,
};

/** What building and running needs: the Debian package that brings it, and the sign. */
const toBuild = [
  { package: 'g++', sign: { isThere: (env) => command(env.CXX || 'g++').isThere(env), text: 'a C++ compiler' } },
  { package: 'libbpf-dev', sign: file('/usr/include/bpf/libbpf.h', '/usr/local/include/bpf/libbpf.h') },
  { package: 'clang-19', sign: clang },
];

/** What the tests run beside that: other kernels in a virtual machine, the tools that results are compared with, the style of C. */
const toTest = [
  { package: 'clang-format-19', sign: command('clang-format-19') },
  { package: 'git', sign: command('git') },
  { package: 'qemu-system-x86', sign: command('qemu-system-x86_64') },
  { package: 'busybox-static', sign: file('/bin/busybox', '/usr/bin/busybox') },
  { package: 'cpio', sign: command('cpio') },
  { package: 'kmod', sign: command('depmod') },
  { package: 'bpftool', sign: command('bpftool') },
  { package: 'xz-utils', sign: command('xz') },
  { package: 'zstd', sign: command('zstd') },
  { package: 'iproute2', sign: command('ip') },
  { package: 'docker-registry', sign: command('docker-registry') },
  { package: 'skopeo', sign: command('skopeo') },
  { package: 'openssl', sign: command('openssl') },
  { package: 'tmux', sign: command('tmux') },
  { package: 'strace', sign: command('strace') },
];

/** What the benchmarks compare with. */
const toBenchmark = [
  { package: 'bpftrace', sign: command('bpftrace') },
  { package: 'libbpf-tools', sign: command('opensnoop') },
];

/** Where a program is: in PATH, or where administrators have theirs. */
function pathOf(name, env) {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The name often tells the version: asking takes longer than all else that a start with nothing to do does. */
function isNewEnough(path) {
  if (path === undefined) return false;
  const named = /clang-(\d+)$/.exec(path)?.[1];
  const version = named ?? /clang version (\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return Number(version ?? 0) >= oldestMajor;
}

/** What is not there, with the signs that were looked for. `purpose`: `run`, `test` or `bench`. */
export function missingPackages(purpose, env = process.env) {
  const wanted = [...toBuild, ...(purpose === 'run' ? [] : toTest), ...(purpose === 'bench' ? toBenchmark : [])];
  return wanted.filter(({ sign }) => !sign.isThere(env)).map((entry) => ({ package: entry.package, text: entry.sign.text }));
}

/** Installs what is missing through apt when that can be done, else says exactly what to install. */
export async function ensureSystemPackages(purpose) {
  const missing = missingPackages(purpose);
  if (missing.length === 0) return;
  if (process.env.CLANG && missing.some(({ text }) => text === clang.text))
    throw new SetupError(`CLANG is ${process.env.CLANG}, and that is not ${clang.text}`, 6);
  const packages = missing.map((entry) => entry.package).join(' ');
  const install = `apt-get install -y --no-install-recommends ${packages}`;
  if (!command('apt-get').isThere(process.env)) {
    const missed = missing.map(({ text }) => text).join(', ');
    throw new SetupError(`missing: ${missed}\ninstall them with this system's package manager; packages of Debian are ${packages}`, 6);
  }
  if (process.getuid() !== 0) throw new SetupError(`missing system packages; install them as root:\n  sudo ${install}`, 6);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`installing ${packages.replaceAll(' ', ', ')}`, async () => {
    // A fresh machine has no package lists, an old one stale ones: look again only when the first try fails.
    await runCommand('apt-get', install.split(' ').slice(1), { env }).catch(async () => {
      // Translations of descriptions are a third of the lists.
      await runCommand('apt-get', ['update', '-o', 'Acquire::Languages=none'], { env });
      await runCommand('apt-get', install.split(' ').slice(1), { env });
    });
  });
}
