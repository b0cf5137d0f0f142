import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Report } from '../runtime/base/diagnostics.ts';
import { GadgetSpecError } from '../runtime/base/errors.ts';
import { decodeText } from '../runtime/gadget/from-image.ts';
import { maxYamlLength } from '../runtime/gadget/yaml-tree.ts';
import { type BuildFile, defaultBuildFile, type NamedPath, namedPathError, parseBuildFile } from './build-file.ts';

/** The largest WASM module in bytes that is packed. */
const maxWasmBytes = 64 * 1024 * 1024;

/** A gadget's sources, found and checked; absolute paths. */
export interface GadgetFolder {
  /** The folder's name, or that of a single source file without `.bpf.c`. */
  readonly name: string;
  readonly folder: string;
  /** The eBPF source, relative to the folder. */
  readonly source: string | undefined;
  readonly metadataText: string | undefined;
  /** As messages name it, relative to where the command was started. */
  readonly metadataFile: string;
  /** Where gadget.yaml is or would be. */
  readonly metadataPath: string;
  readonly wasm: Uint8Array | undefined;
  readonly cflags: readonly string[];
}

export interface FolderOptions {
  /** A folder, or one source file in it. */
  readonly path: string;
  /** The build file, relative to the folder; `build.yaml`, which may be absent, when not given. */
  readonly file?: string | undefined;
  /** Where relative paths begin. */
  readonly cwd?: string | undefined;
}

/** Finds what a gadget consists of. Throws BUILD_FILE_INVALID for a wrong build.yaml, BUILD_SOURCE_MISSING for files that are not there. */
export async function readGadgetFolder(options: FolderOptions, report: Report): Promise<GadgetFolder> {
  const cwd = options.cwd ?? process.cwd();
  const path = resolve(cwd, options.path);
  const info = await stat(path).catch((cause: unknown) => {
    if (isMissing(cause)) throw new GadgetSpecError('BUILD_SOURCE_MISSING', `there is no file or folder ${options.path}`);
    throw new GadgetSpecError('BUILD_SOURCE_MISSING', `cannot read ${options.path}`, { cause });
  });
  const folder = await realpath(info.isDirectory() ? path : dirname(path));
  const shown = (file: string) => relative(cwd, join(folder, file)) || file;
  const build = await readBuildFile(folder, options.file, shown, report);
  const single = info.isDirectory() ? undefined : basename(path);
  const source = single ?? (await findNamed(folder, build.ebpfSource));
  // gadget.yaml describes the folder's program; another file beside it is a gadget of its own.
  const described = single === undefined || single === build.ebpfSource.path;
  const metadata = described ? await findNamed(folder, build.metadata) : undefined;
  const wasm = build.wasm === undefined || !described ? undefined : await readWasm(folder, build.wasm);
  if (source === undefined && metadata === undefined && wasm === undefined) throw nothingToBuild(options.path, build);
  return {
    name: single === undefined ? basename(folder) : single.replace(/(\.bpf)?\.c$/, ''),
    folder,
    source,
    metadataText: metadata === undefined ? undefined : await readText(join(folder, metadata), shown(metadata)),
    metadataFile: shown(build.metadata.path),
    metadataPath: join(folder, build.metadata.path),
    wasm,
    cflags: build.cflags,
  };
}

function nothingToBuild(path: string, build: BuildFile): GadgetSpecError {
  const { ebpfSource, metadata } = build;
  return new GadgetSpecError('BUILD_SOURCE_MISSING', `${path} has nothing to build: neither ${ebpfSource.path} nor ${metadata.path}`, {
    hint: "name a gadget's folder, or say in its build.yaml which file is its ebpfsource",
  });
}

async function readBuildFile(
  folder: string,
  file: string | undefined,
  shown: (file: string) => string,
  report: Report,
): Promise<BuildFile> {
  const path = resolve(folder, file ?? 'build.yaml');
  try {
    return parseBuildFile(await readText(path, shown(file ?? 'build.yaml')), shown(file ?? 'build.yaml'), report);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    if (file === undefined) return defaultBuildFile;
    throw new GadgetSpecError('BUILD_FILE_INVALID', `there is no build file ${path}`);
  }
}

/** The file's path relative to the folder, or undefined when it is absent and nobody named it. Links may not lead out of the folder. */
async function findNamed(folder: string, named: NamedPath): Promise<string | undefined> {
  try {
    const real = await realpath(join(folder, named.path));
    if (!real.startsWith(folder + sep) && folder !== sep)
      throw namedPathError(named, `${named.path} is a link that leads out of the gadget's folder`);
    if (!(await stat(real)).isFile()) throw namedPathError(named, `${named.path} is no file`);
    return named.path;
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    if (named.position === undefined) return undefined;
    throw namedPathError(named, `there is no file ${named.path} in the gadget's folder`);
  }
}

async function readWasm(folder: string, named: NamedPath): Promise<Uint8Array> {
  const path = await findNamed(folder, named);
  if (path === undefined || !path.endsWith('.wasm')) {
    throw namedPathError(
      named,
      `${named.path} is source code; only a compiled module (*.wasm) can be packed`,
      'compile it for wasip1 as a reactor, and name the .wasm file',
    );
  }
  const bytes = await readFile(join(folder, path));
  if (bytes.length > maxWasmBytes) throw namedPathError(named, `${path} has ${bytes.length} bytes; at most ${maxWasmBytes} are packed`);
  if (bytes.toString('latin1', 0, 4) !== '\0asm') throw namedPathError(named, `${path} is no WASM module`);
  return bytes;
}

async function readText(path: string, shown: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > 4 * maxYamlLength)
    throw new GadgetSpecError('METADATA_INVALID', `${shown} has ${bytes.length} bytes, more than a YAML file of a gadget can`);
  return decodeText(bytes, shown);
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
