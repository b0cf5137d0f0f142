import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { KernelPayload } from '../../btf/kernel-image.ts';
import type { CliContext } from '../context.ts';

/** Largest kernel once unpacked, in bytes. */
const kernelBytesMax = 512 * 1024 * 1024;

/** `gadget vmlinux [FILE]`: the C header of a kernel's types, from its BTF. */
export function register(program: Command, context: CliContext): void {
  program
    .command('vmlinux')
    .description("write vmlinux.h, the C header of a kernel's types, from its BTF")
    .argument('[file]', 'BTF, a vmlinux with BTF, or a kernel image (vmlinuz)', '/sys/kernel/btf/vmlinux')
    .option('--origin <text>', 'where the types come from, for the first comment')
    .action(async (file: string, options: { origin?: string }) => {
      const [{ btfOfKernel }, { parseBtf }, { writeVmlinuxHeader }] = await Promise.all([
        import('../../btf/kernel-image.ts'),
        import('../../btf/parse.ts'),
        import('../../btf/vmlinux-header.ts'),
      ]);
      const btf = parseBtf(btfOfKernel(readKernel(file), decompress));
      context.stdout.write(writeVmlinuxHeader(btf, options.origin === undefined ? {} : { origin: options.origin }));
    });
}

function readKernel(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError('USAGE', `cannot read ${file}`, { cause });
  }
}

/** Node.js has no xz, and no zstd before version 22: their own programs unpack them. */
function decompress(payload: KernelPayload): Uint8Array {
  const programs: Readonly<Record<string, string>> = { xz: 'xz', lzma: 'xz', zstd: 'zstd', bzip2: 'bzip2', lz4: 'lz4', gzip: 'gzip' };
  const name = programs[payload.compression];
  if (name === undefined) throw new UsageError('USAGE', `a kernel packed with ${payload.compression} cannot be unpacked`);
  try {
    return execFileSync(name, ['-dc'], { input: payload.bytes, maxBuffer: kernelBytesMax });
  } catch (cause) {
    throw new UsageError('USAGE', `cannot unpack the kernel with ${name}`, { cause, hint: `is ${name} installed?` });
  }
}
