import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeInitramfs } from './initramfs.ts';
import type { GuestKernel } from './kernel-package.ts';

const checkout = resolve(import.meta.dirname, '../../..');
/** Where the guest sees the checkout, read-only. */
export const checkoutInGuest = '/run/checkout';

/** A sparse file: it takes what the guest writes. */
const diskBytes = 64 * 1024 * 1024;

export interface GuestResult {
  /** Exit status of the job; -1 when the guest did not come to its end. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the guest's kernel printed. */
  readonly console: string;
  /** A file that the job wrote to `/tmp/job/<name>`. */
  file(name: string): string;
  /** Removes what the guest wrote. */
  dispose(): void;
}

export interface BootOptions {
  /** Shell script, run as root with the host's files read-only; `/tmp/job` is writable and shared with the host. */
  readonly script: string;
  /** Puts files into the share before the guest starts. */
  readonly prepare?: (share: string) => Promise<void> | void;
  readonly timeoutMs?: number;
}

/** Boots a kernel under software emulation, runs a script in it, and powers off. Seconds. */
export async function bootAndRun(kernel: GuestKernel, options: BootOptions): Promise<GuestResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-vm-'));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const console = await runIn(folder, kernel, options);
    const read = (name: string) => readIfWritten(join(folder, 'share', name));
    const status = read('status').trim();
    return { status: status === '' ? -1 : Number(status), stdout: read('stdout'), stderr: read('stderr'), console, file: read, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function runIn(folder: string, kernel: GuestKernel, options: BootOptions): Promise<string> {
  const share = join(folder, 'share');
  mkdirSync(share);
  writeFileSync(join(share, 'job.sh'), options.script);
  await options.prepare?.(share);
  writeFileSync(join(folder, 'disk'), '');
  truncateSync(join(folder, 'disk'), diskBytes);
  return runQemu(machine(kernel, makeInitramfs(kernel, folder), folder), options.timeoutMs ?? 120_000);
}

/** Empty when the guest did not come that far. */
function readIfWritten(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Two processors, no network, an empty disk /dev/vda, and the host's folders as shares that the initramfs mounts. */
function machine(kernel: GuestKernel, initramfs: string, folder: string): string[] {
  const share = (tag: string, path: string, writable = false) => [
    '-fsdev',
    `local,id=${tag},path=${path},security_model=none${writable ? '' : ',readonly=on,multidevs=remap'}`,
    '-device',
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
  ];
  return [
    ...['-accel', 'tcg,thread=multi', '-smp', '2', '-cpu', 'max', '-m', '2048', '-nic', 'none', '-nographic', '-no-reboot'],
    ...['-kernel', kernel.imagePath, '-initrd', initramfs, '-append', 'console=ttyS0 panic=-1 quiet lsm=lockdown,bpf'],
    ...['-drive', `file=${join(folder, 'disk')},format=raw,if=virtio`],
    ...share('root', '/'),
    // The guest's own /tmp hides whatever lies in the host's, the checkout too when it is there.
    ...share('checkout', checkout),
    ...share('job', join(folder, 'share'), true),
  ];
}

/** Returns what the guest printed on its console. The machine ends with this process, whatever ends that. */
function runQemu(args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let console = '';
    const collect = (chunk: Buffer) => {
      console += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(killer);
      resolve(console);
    });
  });
}
