import { spawn } from 'node:child_process';
import { GadgetSpecError } from '../runtime/base/errors.ts';
import type { Architecture } from '../runtime/gadget/spec.ts';
import type { Compiler } from './compiler.ts';
import { headersRoot, includeFolders } from './headers.ts';
import { stripDebugSections } from './strip-debug.ts';

/** The most that is kept of what a compiler prints, in bytes: macros can make it print without end. */
const maxOutputBytes = 256 * 1024;
/** The largest object in bytes before debug sections are taken out. */
const maxObjectBytes = 256 * 1024 * 1024;

const targetMacros: Readonly<Record<Architecture, string>> = { amd64: '__TARGET_ARCH_x86', arm64: '__TARGET_ARCH_arm64' };

/**
 * Instructions of Linux 5.1, newer clang's own choice. Without those on 32 bits, the compiler masks numbers after they were checked, and the
 * verifier forgets the check.
 */
const instructionSet = 'v3';

/** A source that does not compile. `compilerOutput` is what clang printed, as it printed it. */
export class CompileError extends GadgetSpecError {
  readonly compilerOutput: string;

  constructor(message: string, compilerOutput: string) {
    super('COMPILE_FAILED', message);
    this.compilerOutput = compilerOutput;
  }
}

export interface CompileOptions {
  readonly compiler: Compiler;
  readonly folder: string;
  /** Relative to the folder. */
  readonly source: string;
  readonly architecture: Architecture;
  readonly cflags: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** An eBPF object with BTF and without debug sections. */
export interface Compiled {
  readonly object: Uint8Array;
  /** Warnings as clang printed them; empty when there were none. */
  readonly compilerOutput: string;
}

/** Compiles one eBPF source for one architecture; nothing is written to disk. Throws COMPILE_FAILED (`CompileError`). */
export async function compile(options: CompileOptions): Promise<Compiled> {
  const { status, stdout, stderr } = await runClang(options);
  if (status !== 0) throw new CompileError(`clang cannot compile ${options.source} for ${options.architecture}`, stderr);
  return { object: stripDebugSections(stdout), compilerOutput: stderr };
}

/**
 * The arguments. No absolute path of this machine may get into the object: clang writes them into .BTF.ext, and with them the same
 * source would have another digest in another folder.
 */
export function clangArguments({ folder, source, architecture, cflags }: Omit<CompileOptions, 'compiler' | 'signal'>): string[] {
  const root = headersRoot();
  return [
    ...['-target', 'bpf', `-mcpu=${instructionSet}`, '-Wall', '-g', '-O2', '-fno-color-diagnostics'],
    ...['-fdebug-compilation-dir=.', `-ffile-prefix-map=${folder}/=`, `-ffile-prefix-map=${root}/=include/`],
    `-D${targetMacros[architecture]}`,
    ...cflags,
    ...includeFolders(root, architecture).map((include) => `-I${include}`),
    ...['-c', source, '-o', '-'],
  ];
}

interface ClangResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function runClang(options: CompileOptions): Promise<ClangResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.compiler.path, clangArguments(options), {
      cwd: options.folder,
      // The language of messages is that of their readers here.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const object = collect(child.stdout, maxObjectBytes, () => child.kill());
    const output = collect(child.stderr, maxOutputBytes, () => {});
    child.on('error', (cause) =>
      reject(options.signal?.aborted ? cause : new CompileError(`cannot start ${options.compiler.path}: ${cause.message}`, '')),
    );
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(object), stderr: Buffer.concat(output).toString() }));
  });
}

/** Chunks up to a size; the rest is read and thrown away. */
function collect(stream: NodeJS.ReadableStream, limit: number, onOverflow: () => void): Buffer[] {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else onOverflow();
  });
  return chunks;
}
