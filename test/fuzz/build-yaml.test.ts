import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBuildFile } from '../../builder/build-file.ts';
import { textOrError, yamlText } from '../support/yaml-texts.ts';

const words = ['ebpfsource', 'metadata', 'wasm', 'cflags', '../x', '/etc', 'a/../..', '-I.', '"-DX=1', 'program.bpf.c'];

describe('parseBuildFile', () => {
  it('gives a build or a typed error, soon; paths never lead out of the folder', () => {
    const read = textOrError(['BUILD_FILE_INVALID'], (text) => {
      const build = parseBuildFile(text, 'build.yaml', () => {});
      for (const named of [build.ebpfSource, build.metadata, build.wasm]) {
        if (named !== undefined) expect(`${resolve('/folder', named.path)}/`.startsWith('/folder/')).toBe(true);
      }
      return build;
    });
    fc.assert(fc.property(yamlText(words), read), { numRuns: 500 });
  });

  it('lets no path out of the folder', () => {
    const path = fc
      .array(fc.constantFrom('..', '.', 'a', 'b', '', '-x', '@'), { minLength: 1, maxLength: 8 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(path, (text) => {
        try {
          const { ebpfSource } = parseBuildFile(JSON.stringify({ ebpfsource: text }), 'build.yaml', () => {});
          expect(`${resolve('/folder', ebpfSource.path)}/`.startsWith('/folder/')).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BUILD_FILE_INVALID' });
        }
      }),
    );
  });
});
