import { describe, expect, it } from 'vitest';
import { compile } from '../../builder/compile.ts';
import { findCompiler } from '../../builder/compiler.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { missing, withObject } from './fixture.ts';

const folder = new URL('bpf/', import.meta.url).pathname;
const { object } = await compile({
  compiler: await findCompiler(),
  folder,
  source: 'checked-index.bpf.c',
  architecture: 'amd64',
  cflags: [],
});

/** First bytes of instructions on memory that are atomic, and their operation: 0 adds, 1 also fetches, which needs Linux 5.12. */
function atomicOperations(code: Uint8Array): number[] {
  const words = Array.from({ length: code.length / 8 }, (_, at) => code.subarray(8 * at, 8 * at + 8));
  return words
    .filter(([opcode]) => opcode === 0xdb || opcode === 0xc3)
    .map((word) => new DataView(word.buffer, word.byteOffset).getInt32(4, true));
}

describe('what the builder compiles', () => {
  it.skipIf(missing.length > 0)('passes the verifier where an index is checked in 32 bits', () => {
    withObject(object, (opened) => {
      opened.load();
      expect(opened.programs.map(({ name }) => name)).toEqual(['note_call']);
    });
  });

  it('adds atomically as kernels before 5.12 can', () => {
    const code = parseElf(object).section('raw_tracepoint/sys_enter')!.data();
    expect(atomicOperations(code)).toEqual([0]);
  });
});
