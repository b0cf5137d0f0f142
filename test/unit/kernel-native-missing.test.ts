import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'gadget-missing-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a bundle in a folder without the addon answers. */
function answer(): unknown {
  return JSON.parse(execFileSync(process.execPath, [join(folder, 'dist', 'kernel.mjs')], { encoding: 'utf8' }));
}

beforeAll(async () => {
  const kernel = fileURLToPath(new URL('../../runtime/kernel/kernel.ts', import.meta.url));
  await build({
    stdin: {
      contents: `import { createKernel } from ${JSON.stringify(kernel)};
        const { features } = createKernel();
        try { features.possibleCpus } catch ({ code, hint, context }) { console.log(JSON.stringify({ code, hint, context, release: features.release })) }`,
      resolveDir: folder,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'dist', 'kernel.mjs'),
  });
});

describe('without the addon', () => {
  it('says so at its first use, with what to do', () => {
    writeFileSync(join(folder, 'package.json'), '{"name":"gadget-runtime"}');
    expect(answer()).toEqual({
      code: 'NATIVE_MISSING',
      hint: expect.stringContaining('native/build.mjs'),
      context: { path: join(folder, 'native', 'build', 'gadget_native.node') },
      release: expect.stringMatching(/^\d+\./),
    });
  });

  it('does not take another package for its own', () => {
    writeFileSync(join(folder, 'package.json'), '{"name":"something-else"}');
    expect(answer()).toMatchObject({ code: 'NATIVE_MISSING' });
  });
});
