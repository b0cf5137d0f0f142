import { describe, expect, it } from 'vitest';
import { defaultBuildFile, parseBuildFile } from '../../builder/build-file.ts';
import { splitWords } from '../../builder/words.ts';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';

describe('parseBuildFile', () => {
  it('completes what is said with defaults', () => {
    expect(parseBuildFile('', 'build.yaml', () => {})).toEqual(defaultBuildFile);
    const build = parseBuildFile('EbpfSource: src/my.bpf.c\ncflags: -DX="a b" -Wno-unused\nwasm: go.wasm\n', 'build.yaml', () => {});
    expect(build).toMatchObject({
      ebpfSource: { path: 'src/my.bpf.c', position: { line: 1, column: 1 } },
      metadata: { path: 'gadget.yaml', position: undefined },
    });
    expect(build.wasm).toMatchObject({ path: 'go.wasm' });
    expect(build.cflags).toEqual(['-DX=a b', '-Wno-unused']);
  });

  it('takes flags as a list, word for word', () => {
    expect(parseBuildFile('cflags: [-I inc, "-DX=\'1\'"]', 'b', () => {}).cflags).toEqual(['-I inc', "-DX='1'"]);
  });

  it('warns of unknown keys', () => {
    const said: Diagnostic[] = [];
    parseBuildFile('ebpfsource: a.c\nebpfsuorce: b.c', 'build.yaml', (diagnostic) => said.push(diagnostic));
    expect(said).toMatchObject([{ severity: 'warning', position: { line: 2, column: 1 }, hint: 'did you mean ebpfsource?' }]);
  });

  it.each([
    ['ebpfsource: /etc/passwd', /build\.yaml:1:1: ebpfsource must be relative/],
    ['ebpfsource: ../other.c', /leads out of the gadget's folder/],
    ['metadata: a/../../b', /leads out of the gadget's folder/],
    ['ebpfsource: -include', /cannot begin with "-"/],
    ['wasm: "@x"', /cannot begin with "@"/],
    ['ebpfsource: ""', /names no file/],
    ['ebpfsource: [a]', /must be a text, not a list/],
    ['cflags: {a: b}', /cflags must be a text/],
    ['cflags: -DX="open', /a quote that is not closed/],
    ['cflags: -O2 -o /tmp/x', /cflags cannot hold -o/],
    ['cflags: [-fplugin=x.so]', /cflags cannot hold -fplugin=x\.so/],
    ['cflags: "@file"', /cflags cannot hold @file/],
    ['cflags: [a\n', /build\.yaml:\d+:\d+: /],
  ])('refuses %j', (text, message) => {
    expect(() => parseBuildFile(text, 'build.yaml', () => {})).toThrow(
      expect.objectContaining({ code: 'BUILD_FILE_INVALID', message: expect.stringMatching(message) }),
    );
  });
});

describe('splitWords', () => {
  it.each([
    ['', []],
    ['  a\t b\n', ['a', 'b']],
    [`a'b c'd "e 'f'"`, ['ab cd', "e 'f'"]],
    ['a\\ b "c\\"d" \'e\\f\'', ['a b', 'c"d', 'e\\f']],
    [`'' ""`, ['', '']],
    [`'open`, undefined],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});
