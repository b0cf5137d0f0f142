// Compiles the addon with the system's C++ compiler: `node native/build.mjs [--debug]`.
// The Node-API headers come from npm, so nothing is downloaded and Node's own headers are not needed.
// Only what changed is compiled; when nothing did, nothing is printed.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = dirname(fileURLToPath(import.meta.url));
const output = join(root, 'build', 'gadget_native.node');
const compiler = process.env.CXX ?? 'g++';
const debug = process.argv.includes('--debug');

const compileFlags = [
  '-std=c++20',
  ...(debug ? ['-O0', '-g'] : ['-O2']),
  '-fPIC',
  '-fvisibility=hidden',
  '-fno-exceptions',
  '-fno-rtti',
  '-pthread',
  '-Wall',
  '-Wextra',
  '-Wno-missing-field-initializers',
  '-DNAPI_VERSION=9',
  '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', // a worker that is being terminated takes none
  '-isystem',
  require('node-api-headers').include_dir,
  '-isystem',
  dirname(require.resolve('node-addon-api/package.json')),
];

const linkFlags = [
  '-shared',
  '-pthread',
  '-static-libstdc++',
  '-static-libgcc',
  '-Wl,--gc-sections',
  '-Wl,--exclude-libs,ALL',
  // Debian's libbpf.a is not position-independent, so libbpf stays a shared library; it brings libelf and libz.
  '-lbpf',
];

/** Runs a program; rejects with what it printed when it fails. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', (error) =>
      reject(error.code === 'ENOENT' ? new Error(`${command} is not installed (Debian: apt install g++ libbpf-dev)`) : error),
    );
    child.on('close', (status) => (status === 0 ? resolve(text) : reject(new Error(text || `${command} ended with status ${status}`))));
  });
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

/** The headers a compiled file was made from, as the compiler wrote them down (`-MMD` leaves system headers out). */
function dependencies(dependencyFile) {
  const text = readFileSync(dependencyFile, 'utf8').replaceAll('\\\n', ' ');
  return text
    .slice(text.indexOf(':') + 1)
    .trim()
    .split(/(?<!\\)\s+/)
    .map((path) => path.replaceAll('\\ ', ' '));
}

function isCurrent(unit) {
  if (!existsSync(unit.object) || !existsSync(unit.dependencies)) return false;
  const made = modified(unit.object);
  return dependencies(unit.dependencies).every((path) => existsSync(path) && modified(path) <= made);
}

/**
 * One unit for each folder, which includes all its sources: most of the time goes into reading the same headers, so compiling every source
 * by itself takes three times as long.
 */
function compilationUnits() {
  return ['bpf', 'js'].map((folder) => {
    const sources = readdirSync(join(root, 'src', folder)).filter((name) => name.endsWith('.cc'));
    const text = sources.map((name) => `#include "../src/${folder}/${name}"\n`).join('');
    const base = join(root, 'build', folder);
    const source = `${base}.cc`;
    if (!existsSync(source) || readFileSync(source, 'utf8') !== text) writeFileSync(source, text);
    return { folder, source, object: `${base}.o`, dependencies: `${base}.d` };
  });
}

async function compile(unit) {
  process.stderr.write(`native: compiling src/${unit.folder}\n`);
  const unfinished = `${unit.object}.${process.pid}`;
  await run(compiler, [...compileFlags, '-MMD', '-MF', unit.dependencies, '-c', unit.source, '-o', unfinished]);
  renameSync(unfinished, unit.object);
}

/** False when the last build was made alike; else every object file is stale, and the answer is to be called once they are new. */
function differentBuild() {
  const path = join(root, 'build', 'flags.json');
  const flags = JSON.stringify([compiler, compileFlags, linkFlags]);
  if (existsSync(path) && readFileSync(path, 'utf8') === flags) return false;
  return () => writeFileSync(path, flags);
}

async function build() {
  mkdirSync(join(root, 'build'), { recursive: true });
  const units = compilationUnits();
  const remember = differentBuild();
  const stale = units.filter((unit) => remember !== false || !isCurrent(unit));
  if (stale.length === 0 && units.every((unit) => modified(unit.object) <= modified(output))) return;
  await Promise.all(stale.map(compile));
  const linked = `${output}.${process.pid}`;
  await run(compiler, [...units.map((unit) => unit.object), ...linkFlags, '-o', linked]);
  renameSync(linked, output);
  if (remember !== false) remember();
}

build().catch((error) => {
  process.stderr.write(`native: the addon could not be built\n${error.message}\n`);
  process.exitCode = 1;
});
