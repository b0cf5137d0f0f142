import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const options = {
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'error',
};

/**
 * Bundles the command line into `dist/gadget.js`, and what set-up itself calls into `dist/setup`. Unbundled, start-up costs 60 ms more, and
 * 60 again without kept bytecode.
 */
export async function bundleProject(root) {
  const { build } = await import('esbuild');
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });
  await Promise.all([bundleCommands(build, root, dist), bundleSetup(build, root)]);
}

async function bundleCommands(build, root, dist) {
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: ['runtime/cli/main.ts'],
    outfile: 'dist/gadget.cjs',
    format: 'cjs',
    write: false,
    // A script with kept bytecode has no import(); what is imported late is a function that runs late.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  const text = outputFiles[0].text.replace(/^#!.*\n/, '');
  const name = `gadget-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.cjs`;
  const launcher = readFileSync(join(root, 'builder', 'setup', 'launcher.cjs'), 'utf8').replace('@BUNDLE@', name);
  // The nearest package.json says what `.js` means; the project's says ES modules.
  replaceFile(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  replaceFile(join(dist, name), text);
  replaceFile(join(dist, 'gadget.js'), launcher, 0o755);
  for (const old of readdirSync(dist))
    if (/^gadget-.*\.cjs/.test(old) && !old.startsWith(name)) rmSync(join(dist, old), { recursive: true });
  rmSync(join(dist, 'chunks'), { recursive: true, force: true });
}

/** Never half-written: other processes may be starting. */
function replaceFile(path, text, mode = 0o644) {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}

async function bundleSetup(build, root) {
  await build({
    ...options,
    absWorkingDir: root,
    entryPoints: ['runtime/cli/config.ts', 'builder/setup/own-gadgets.ts'],
    entryNames: '[name]',
    outdir: 'dist/setup',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // CommonJS packages inside an ES module still ask for require.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
}
