import { closeSync, openSync, readSync } from 'node:fs';
import { GadgetError, UsageError } from '../base/errors.ts';

/** First bytes of BTF in little-endian order, and of an ELF file, which may hold BTF in a section. */
const starts: readonly (readonly number[])[] = [
  [0x9f, 0xeb],
  [0x7f, 0x45, 0x4c, 0x46],
];

/** Looks at the file that `--kernel-btf` names before libbpf does, whose words would not say what is wrong. Errors: PARAM_INVALID, BTF_INVALID. */
export function checkKernelBtfFile(path: string): void {
  const first = firstBytes(path);
  if (starts.some((start) => start.every((byte, at) => first[at] === byte))) return;
  throw new GadgetError('BTF_INVALID', `--kernel-btf: ${path} is neither BTF nor an ELF file with BTF`, {
    hint: 'BTF of another kernel is its /sys/kernel/btf/vmlinux, copied to a file',
  });
}

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(4);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new UsageError('PARAM_INVALID', `--kernel-btf: cannot read ${path}`, { cause });
  }
  return bytes;
}
