import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SetupError, step } from './progress.mjs';
import { runCommand } from './run-command.mjs';
import { fingerprint, isDone, markDone } from './stamp.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const stamps = join(root, 'dist', '.done');

/**
 * Brings the checkout to where gadgets run: system packages, npm packages, addon, bundle, the project's own gadgets in the local store.
 * Does only what is missing, prints nothing when nothing is. `purpose`: `run`, `test` or `bench`.
 */
export async function setUp(purpose) {
  checkNode();
  // Each step starts as soon as what it needs is there: bundling while system packages are still being installed.
  const system = ensureSystemPackages(purpose);
  const npm = ensureNpmPackages();
  const bundled = npm.then(bundle);
  await Promise.all([
    Promise.all([system, npm]).then(buildAddon),
    Promise.all([system, bundled]).then(() => Promise.all([compileOwnPrograms(), storeOwnGadgets()])),
  ]);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupError(`Node.js ${process.versions.node} is too old: 20.19 or newer is needed`, 6);
  if (process.platform !== 'linux') throw new SetupError('eBPF programs run on Linux only', 6);
}

async function ensureNpmPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules', '.locked');
  if (isDone(stamp, lock)) return;
  await step('installing npm packages', () => runCommand('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root }));
  markDone(stamp, lock);
}

async function buildAddon() {
  const value = fingerprint(root, ['native'], (path) => !path.startsWith('native/build/'));
  const stamp = join(stamps, 'addon');
  if (isDone(stamp, value) && existsSync(join(root, 'native', 'build', 'gadget_native.node'))) return;
  await step('building the addon', () => runCommand(process.execPath, [join(root, 'native', 'build.mjs')], { cwd: root }));
  markDone(stamp, value);
}

async function bundle() {
  const value = fingerprint(root, ['runtime', 'builder', 'package.json'], (path) => /\.(ts|mjs|cjs|json)$/.test(path));
  const stamp = join(stamps, 'bundle');
  if (isDone(stamp, value)) return;
  await step('bundling', async () => {
    const { bundleProject } = await import(pathToFileURL(join(root, 'builder', 'setup', 'bundle.mjs')).href);
    await bundleProject(root);
  });
  markDone(stamp, value);
}

/** The eBPF programs of the runtime itself, for this machine. */
async function compileOwnPrograms() {
  const value = fingerprint(root, ['runtime'], (path) => path.endsWith('.bpf.c'));
  const stamp = join(stamps, 'own-programs');
  if (isDone(stamp, value)) return;
  const own = await import(pathToFileURL(join(root, 'dist', 'setup', 'own-gadgets.mjs')).href);
  await own.compileOwnPrograms(root, process.arch === 'arm64' ? 'arm64' : 'amd64');
  markDone(stamp, value);
}

/** Programs that can be built depend on the compiler and the headers too; the store is asked whether it still has them. */
async function storeOwnGadgets() {
  const value = fingerprint(root, ['gadgets', 'dist/.done/bundle'], (path) => !/\/(test|README\.md)/.test(path));
  const own = await import(pathToFileURL(join(root, 'dist', 'setup', 'own-gadgets.mjs')).href);
  const env = await configuredEnvironment();
  const missing = await own.missingGadgets(join(root, 'gadgets'), isDone(join(stamps, 'gadgets'), value), env);
  if (missing.length === 0) return;
  await step(`building ${missing.length} gadgets into the local store`, () => own.storeGadgets(join(root, 'gadgets'), missing, env));
  markDone(join(stamps, 'gadgets'), value);
}

/** Where the configuration files want the store, and what they call the default registry; what is wrong with them `gadget` says. */
async function configuredEnvironment() {
  const { readConfig } = await import(pathToFileURL(join(root, 'dist', 'setup', 'config.mjs')).href);
  return readConfig({ path: undefined, env: process.env, commands: [], report: () => {} }).then(
    ({ env }) => env,
    () => process.env,
  );
}
