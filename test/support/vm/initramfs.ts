import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GuestKernel } from './kernel-package.ts';

/** What the guest needs before it can reach the host's files. */
const wantedModules = ['virtio_pci', '9pnet_virtio', '9p', 'virtio_blk'];

/** The first process of the guest: makes the host's root, read-only, its own, runs the job from the share and powers off. */
const init = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
for module in $($b cat /modules); do $b insmod /lib/$module; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /new
$b mount -t proc proc /new/proc
$b mount -t sysfs sysfs /new/sys
$b mount -t devtmpfs devtmpfs /new/dev
$b mount -t tmpfs tmpfs /new/tmp
$b mount -t tmpfs tmpfs /new/run
$b mount -t bpf bpf /new/sys/fs/bpf
$b mount -t tracefs tracefs /new/sys/kernel/tracing
$b mount -t securityfs securityfs /new/sys/kernel/security
$b mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
$b mkdir /new/tmp/job /new/run/checkout
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro checkout /new/run/checkout
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none job /new/tmp/job
$b ip link set lo up
cd /new
$b mount --move . /
$b chroot . /bin/sh /tmp/job/job.sh > tmp/job/stdout 2> tmp/job/stderr
echo $? > tmp/job/status
$b sync
$b poweroff -f
`;

/** Writes an initramfs for that kernel into `folder`; returns its path. */
export function makeInitramfs(kernel: GuestKernel, folder: string): string {
  const root = join(folder, 'initramfs');
  for (const name of ['bin', 'lib', 'proc', 'new']) mkdirSync(join(root, name), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  writeFileSync(join(root, 'init'), init);
  chmodSync(join(root, 'init'), 0o755);
  const modules = modulesInOrder(kernel);
  for (const path of modules) copyModule(path, join(root, 'lib', basename(path).replace(/\.xz$/, '')));
  writeFileSync(join(root, 'modules'), modules.map((path) => basename(path).replace(/\.xz$/, '')).join('\n'));
  const archive = join(folder, 'initramfs.cpio');
  execFileSync('/bin/sh', ['-c', `cd "$1" && find . | cpio --quiet -o -H newc > "$2"`, 'sh', root, archive]);
  return archive;
}

/** The wanted modules after everything they need; those built into the kernel are left out. */
function modulesInOrder(kernel: GuestKernel): string[] {
  const folder = join(kernel.root, 'lib/modules', kernel.release);
  const needs = new Map(
    readFileSync(join(folder, 'modules.dep'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [path, rest = ''] = line.split(':');
        return [path!, rest.trim().split(/\s+/).filter(Boolean)] as const;
      }),
  );
  const order: string[] = [];
  const visit = (path: string): void => {
    for (const needed of needs.get(path) ?? []) visit(needed);
    if (!order.includes(path)) order.push(path);
  };
  for (const name of wantedModules) {
    const path = [...needs.keys()].find((candidate) => new RegExp(`/${name}\\.ko(\\.xz)?$`).test(candidate));
    if (path !== undefined) visit(path);
  }
  return order.map((path) => join(folder, path));
}

/** Some kernels cannot unpack modules themselves. */
function copyModule(from: string, to: string): void {
  if (from.endsWith('.xz')) writeFileSync(to, execFileSync('xz', ['-dc', from], { maxBuffer: 2 ** 26 }));
  else copyFileSync(from, to);
}
