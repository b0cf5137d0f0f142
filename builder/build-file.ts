import type { Report } from '../runtime/base/diagnostics.ts';
import type { TextPosition } from '../runtime/base/errors.ts';
import { YamlReader } from '../runtime/gadget/yaml-reader.ts';
import { errorAt, parseYamlTree, type YamlNode } from '../runtime/gadget/yaml-tree.ts';
import { splitWords } from './words.ts';

/** A path in build.yaml, relative to the gadget's folder. */
export interface NamedPath {
  readonly path: string;
  /** Where build.yaml names it; undefined for a default, which may be absent. */
  readonly position: TextPosition | undefined;
}

/** What build.yaml says, completed with defaults. */
export interface BuildFile {
  readonly ebpfSource: NamedPath;
  readonly metadata: NamedPath;
  readonly wasm: NamedPath | undefined;
  /** More arguments for clang, in order. */
  readonly cflags: readonly string[];
}

/** What holds without a build.yaml. */
export const defaultBuildFile: BuildFile = {
  ebpfSource: { path: 'program.bpf.c', position: undefined },
  metadata: { path: 'gadget.yaml', position: undefined },
  wasm: undefined,
  cflags: [],
};

/** Reads build.yaml. Throws BUILD_FILE_INVALID with `file:line:column` for YAML faults, wrong types, paths that lead out of the folder, and flags that cannot be. */
export function parseBuildFile(text: string, file: string, report: Report): BuildFile {
  const root = parseYamlTree(text, file, { syntax: 'BUILD_FILE_INVALID', content: 'BUILD_FILE_INVALID' });
  const reader = new YamlReader(report, 'BUILD_FILE_INVALID');
  const build: { -readonly [K in keyof BuildFile]: BuildFile[K] } = { ...defaultBuildFile };
  reader.keys(root, 'the build file', {
    ebpfsource: (node) => {
      build.ebpfSource = readPath(reader, node) ?? build.ebpfSource;
    },
    metadata: (node) => {
      build.metadata = readPath(reader, node) ?? build.metadata;
    },
    wasm: (node) => {
      build.wasm = readPath(reader, node);
    },
    cflags: (node) => {
      build.cflags = readFlags(reader, node);
    },
  });
  reader.finish();
  return build;
}

function readPath(reader: YamlReader, node: YamlNode): NamedPath | undefined {
  const path = reader.string(node, node.name);
  if (path === undefined) return undefined;
  const problem = pathProblem(path);
  return problem === undefined ? { path, position: node.position } : reader.fault(node, `${node.name} ${problem}`);
}

/** Why a path cannot be one of the gadget's own files; also keeps it from being read as an option. */
function pathProblem(path: string): string | undefined {
  if (path === '' || path.includes('\0')) return 'names no file';
  if (path.startsWith('/')) return "must be relative to the gadget's folder";
  if (path.startsWith('-') || path.startsWith('@')) return `cannot begin with "${path[0]}"`;
  let depth = 0;
  for (const part of path.split('/')) {
    depth += part === '..' ? -1 : part === '' || part === '.' ? 0 : 1;
    if (depth < 0) return "leads out of the gadget's folder";
  }
  return undefined;
}

/** Flags that would change what is made or where, or run code in the compiler. */
const refusedFlags = /^(-o|-c|-S|-E|-M|-MD|-MF|-fsyntax-only|-emit-llvm|-target|--target.*|-fplugin.*|-fpass-plugin.*|-load|@.*)$/;

function readFlags(reader: YamlReader, node: YamlNode): string[] {
  const words = node.list === undefined ? splitWords(reader.string(node, 'cflags') ?? '') : reader.strings(node, 'cflags');
  if (words === undefined) return reader.fault(node, 'cflags has a quote that is not closed') ?? [];
  const refused = words.find((word) => refusedFlags.test(word));
  if (refused !== undefined)
    reader.fault(node, `cflags cannot hold ${refused}`, 'name includes (-I), definitions (-D), warnings (-W) and the like');
  return words;
}

/** The error for a file that build.yaml names and that cannot be used. */
export function namedPathError(named: NamedPath, message: string, hint?: string) {
  const position = named.position ?? { file: named.path, line: 1, column: 1 };
  return errorAt('BUILD_SOURCE_MISSING', position, message, hint);
}
