import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bpfFlags } from './bpf-compiler.ts';

const sources = resolve(import.meta.dirname, '../../registry-fixtures/foreign');
const clang = process.env['CLANG'] ?? 'clang-19';

/** The object made of a source among the fixtures, stripped as tools ship theirs. */
export async function foreignObject(name: 'bumblebee' | 'counter' | 'gadget' | 'pass', macros: readonly string[] = []): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'foreign-object-'));
  try {
    const object = join(folder, 'program.o');
    const defined = macros.map((macro) => `-D${macro}`);
    await promisify(execFile)(clang, [...bpfFlags('amd64'), ...defined, '-c', join(sources, `${name}.bpf.c`), '-o', object]);
    await promisify(execFile)('llvm-strip-19', ['-g', object]);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
