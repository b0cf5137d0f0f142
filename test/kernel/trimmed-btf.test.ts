import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileFixture, kernel, missing } from './fixture.ts';

/** The kernel's digest of each program's instructions, as they were after relocation. */
function tagsOf(bytes: Uint8Array, kernelBtfPath?: string): Record<string, string | undefined> {
  const object = kernel.openObject(bytes, { name: 'relocations', ...(kernelBtfPath === undefined ? {} : { kernelBtfPath }) });
  try {
    object.load();
    const tagOf = (fd: number) => /^prog_tag:\s+(\w+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return Object.fromEntries(object.programs.map((program) => [program.name, tagOf(program.fd)]));
  } finally {
    object.close();
  }
}

/** Open files of this process that hold type information. */
const openTypeFiles = () =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => /vmlinux|gadget_btf/.test(line)).length;

describe.skipIf(missing.length > 0)('relocating against the types that an object asks for', () => {
  it.each(['relocations', 'relocations-deep', 'headers-drift', 'iterators'])('gives what all types would: %s', async (name) => {
    const bytes = await compileFixture(name);
    const tags = tagsOf(bytes);
    expect(Object.values(tags).every((tag) => tag !== undefined)).toBe(true);
    expect(tags).toEqual(tagsOf(bytes, '/sys/kernel/btf/vmlinux'));
    expect(openTypeFiles()).toBe(0);
  });
});
