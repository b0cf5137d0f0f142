import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Btf, BtfType } from '../../runtime/btf/btf.ts';
import { CNames } from '../../runtime/btf/c/names.ts';
import type { BtfFile } from '../../runtime/btf/parse.ts';
import { parseBtf } from '../../runtime/btf/parse.ts';
import { parseElf } from '../../runtime/elf/parse.ts';

/** Compiles C for the BPF machine and gives the object's bytes. Warnings are errors, but a header may be without structs. */
export function compileForBpf(source: string, flags: readonly string[] = []): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-btf-'));
  try {
    writeFileSync(join(folder, 'source.c'), source);
    const common = [
      '-target',
      'bpf',
      '-O2',
      '-g',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wno-pragma-clang-attribute',
      '-c',
      'source.c',
      '-o',
      'out.o',
    ];
    execFileSync('clang-19', [...common, ...flags], { cwd: folder });
    return readFileSync(join(folder, 'out.o'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The types of C source, as its compiled object has them. */
export function btfOf(source: string): BtfFile {
  return parseBtf(parseElf(compileForBpf(source)).section('.BTF')!.data());
}

/** Every place in a struct or union that has a name, with its place in bits, its width and what it is. */
function places(btf: Btf, type: BtfType, from = 0): string[] {
  if (type.kind !== 'struct' && type.kind !== 'union') return [];
  return type.members.flatMap((member) => {
    const target = btf.strip(member.type);
    const at = from + member.bitOffset;
    if (member.name === '') return places(btf, target, at);
    const size = member.bitWidth > 0 ? `:${member.bitWidth}` : `${btf.sizeOf(member.type)} bytes`;
    const inner = target.name === '' ? places(btf, target, at) : [];
    return [`${member.name} ${target.kind} ${size} at ${at}`, ...inner];
  });
}

/** Writes `struct file` of the types a header was made from as text that two BTFs can be compared by. */
export function describeRecord(btf: Btf, id: number): string[] {
  const type = btf.strip(id);
  return [`${type.kind} of ${btf.sizeOf(id)} bytes`, ...places(btf, type)];
}

/** Compiles a variable of each of these types against the header that was made of `btf`, and says what has another layout. */
export function layoutDifferences(btf: Btf, header: string, ids: readonly number[]): string[] {
  const names = new CNames(btf);
  const variables = ids.map((id) => `${names.specifier(id)} v${id};`).join('\n');
  const compiled = btfOf(`${header}\n${variables}\n`);
  return ids.flatMap((id) => {
    const variable = compiled.find(`v${id}`, 'variable');
    const [wanted, got] = [
      describeRecord(btf, id),
      variable === undefined ? [] : describeRecord(compiled, variableType(compiled, variable)),
    ];
    return wanted.join('\n') === got.join('\n') ? [] : [`${names.specifier(id)}:\n${wanted.join('\n')}\n-- is --\n${got.join('\n')}`];
  });
}

function variableType(btf: Btf, id: number): number {
  const type = btf.type(id);
  return type.kind === 'variable' ? type.type : 0;
}
