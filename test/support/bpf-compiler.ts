import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

const include = fileURLToPath(new URL('../../gadgets/include', import.meta.url));
const clang = process.env['CLANG'] ?? 'clang-19';
const hostTriple = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as 'x64' | 'arm64'];
const targetMacro = { amd64: '__TARGET_ARCH_x86', arm64: '__TARGET_ARCH_arm64' };

/** The flags a gadget is compiled with: the project's headers before the system's of the same name. */
export function bpfFlags(architecture: Architecture): string[] {
  const headers = ['-I', include, '-I', join(include, 'vmlinux', architecture), '-isystem', `/usr/include/${hostTriple}`];
  return ['-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', '-g', '-O2', `-D${targetMacro[architecture]}`, ...headers];
}

/** What the compiler complains about; empty when it does not. Warnings count. */
export async function complaints(source: string, architecture: Architecture): Promise<string> {
  const { failed, stderr } = await run(clang, [...bpfFlags(architecture), '-fsyntax-only', '-x', 'c', '-'], source);
  return failed && stderr === '' ? `${clang} could not be run` : stderr;
}

/** The object made of `source`; throws with the compiler's words. */
export async function compileBpf(source: string, architecture: Architecture = 'amd64'): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const object = join(folder, 'program.o');
    const { failed, stderr } = await run(clang, [...bpfFlags(architecture), '-c', '-x', 'c', '-', '-o', object], source);
    if (failed) throw new Error(stderr);
    return readFileSync(object);
  });
}

/** Compiles C for this machine, with the project's headers, runs it and gives what it prints. */
export async function runOnHost(source: string): Promise<string> {
  return inFolder(async (folder) => {
    const program = join(folder, 'program');
    writeFileSync(join(folder, 'program.c'), source);
    const built = await run(clang, ['-Wall', '-I', include, '-o', program, join(folder, 'program.c')], '');
    if (built.failed) throw new Error(built.stderr);
    return (await run(program, [], '')).stdout;
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-bpf-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(program: string, args: readonly string[], input: string): Promise<{ failed: boolean; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, (error, stdout, stderr) => resolve({ failed: error !== null, stdout, stderr }));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
