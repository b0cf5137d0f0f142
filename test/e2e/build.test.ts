import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildForHost } from '../../builder/build-for-host.ts';
import { buildImage, type ImageBuildOptions } from '../../builder/build-image.ts';
import type { CompileError } from '../../builder/compile.ts';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import { register } from '../../runtime/cli/commands/build.ts';
import { parseElf } from '../../runtime/elf/parse.ts';
import { loadGadgetSpec, specFromParts } from '../../runtime/gadget/from-image.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { parseImageIndex, parseManifest } from '../../runtime/oci/manifest.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';

const source = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_timestamp timestamp_raw;
	gadget_comm comm[TASK_COMM_LEN];
	__u32 size;
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(open, events, event);

const volatile __u32 least = 3;
GADGET_PARAM(least);

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void *ctx)
{
	struct event *event;

	if (gadget_should_discard_data_current() || least > 9)
		return 0;
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->size = 1;
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;
const metadata = 'name: sample\ndescription: A sample\ndatasources:\n  open:\n    fields:\n      size: {annotations: {columns.width: 6}}\n';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'gadget-build-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

/** A gadget's folder with those files. */
function folder(name: string, files: Readonly<Record<string, string>> = {}): string {
  const path = join(scratch, name);
  for (const [file, text] of Object.entries({ 'program.bpf.c': source, 'gadget.yaml': metadata, ...files })) {
    mkdirSync(resolve(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return path;
}

const store = () => openImageStore(join(scratch, 'store'));
const tag = parseImageReference('registry.example/sample:1');

async function build(path: string, options: Partial<ImageBuildOptions> = {}) {
  return buildImage({ path, tag, store: store(), ...options });
}

async function refusal(work: Promise<unknown>) {
  return work.then(
    () => expect.unreachable('was accepted'),
    (error) => error,
  );
}

describe('buildImage', () => {
  it('makes an image that says what the source says, for both architectures', async () => {
    const { digest, reference, diagnostics } = await build(folder('sample'));
    expect(diagnostics).toEqual([]);
    expect(reference.toString()).toBe('registry.example/sample:1');
    for (const architecture of ['amd64', 'arm64'] as const) {
      const spec = await loadGadgetSpec(store(), tag, architecture);
      expect(spec).toMatchObject({ name: 'sample', architecture, metadata: { description: 'A sample' } });
      expect(spec.sources.map(({ dataSource }) => dataSource.name)).toEqual(['open']);
      expect(spec.programs).toMatchObject([{ name: 'on_open', kind: 'tracepoint', target: 'syscalls/sys_enter_openat' }]);
      expect(spec.params.find(({ key }) => key === 'least')).toMatchObject({ kind: 'uint32', defaultValue: '3' });
    }
    expect(await store().list()).toMatchObject([{ name: 'registry.example/sample:1', builtHere: true, descriptor: { digest } }]);
  });

  it('has one digest for one source, wherever its folder and the headers are', async () => {
    const first = await build(folder('one/sample'));
    const second = await build(folder('two/deeper/sample'), { path: join(scratch, 'two/deeper/sample/../sample') });
    expect(second.digest).toBe(first.digest);
    const moved = join(scratch, 'elsewhere');
    for (const part of ['gadgets/include', 'builder', 'runtime', 'package.json', 'tsconfig.json']) {
      cpSync(resolve(import.meta.dirname, '../..', part), join(moved, part), { recursive: true });
    }
    symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(moved, 'node_modules'));
    const other = (await import(join(moved, 'builder/build-image.ts'))) as typeof import('../../builder/build-image.ts');
    expect((await other.buildImage({ path: folder('three'), tag, store: store() })).digest).toBe(first.digest);
  });

  it('keeps no debug section and no path of this machine', async () => {
    await build(folder('sample'));
    const { object } = await loadGadgetSpec(store(), tag, 'amd64');
    const text = Buffer.from(object!).toString('latin1');
    expect(text).toContain('include/gadget/buffer.h');
    expect(text).not.toContain(scratch);
    expect(text).not.toContain(resolve(import.meta.dirname, '../..'));
    expect(parseElf(object!).sections.filter(({ name }) => name.includes('.debug_'))).toEqual([]);
  });

  it('writes a time only when it is told one', async () => {
    const created = async (env: Record<string, string>) => {
      const { reference } = await build(folder('sample'), { env: { ...process.env, ...env } });
      const index = parseImageIndex(await store().fetch((await store().resolve(reference))!));
      const manifest = parseManifest(await store().fetch(index.manifests[0]!));
      expect(manifest.annotations).toEqual(index.annotations);
      return index.annotations['org.opencontainers.image.created'];
    };
    expect(await created({ SOURCE_DATE_EPOCH: '' })).toBeUndefined();
    expect(await created({ SOURCE_DATE_EPOCH: '86400' })).toBe('1970-01-02T00:00:00Z');
  });

  it('honours build.yaml: names of files and flags for the compiler', async () => {
    const text = source.replace('least = 3', 'least = LEAST').replace('#include <gadget/types.h>', '#include "own.h"');
    const path = folder('sample', {
      'src/my.bpf.c': text,
      'inc/own.h': '#include <gadget/types.h>\n',
      'meta.yaml': metadata,
      'build.yaml': 'ebpfsource: src/my.bpf.c\nmetadata: meta.yaml\ncflags: -DLEAST=8 -Iinc\n',
    });
    await build(path);
    expect((await loadGadgetSpec(store(), tag, 'arm64')).params.find(({ key }) => key === 'least')?.defaultValue).toBe('8');
  });

  it('makes an image of metadata alone', async () => {
    const path = folder('sample');
    rmSync(join(path, 'program.bpf.c'));
    await build(path, { clang: '/nowhere/clang' });
    expect(await loadGadgetSpec(store(), tag, 'amd64')).toMatchObject({ object: undefined, metadata: { name: 'sample' } });
  });

  it("shows the compiler's words as they are, with the place in the source", async () => {
    const error: CompileError = await refusal(
      build(folder('sample', { 'program.bpf.c': source.replace('event->size = 1;', 'event->nothing = 1;') })),
    );
    expect(error).toMatchObject({ code: 'COMPILE_FAILED', message: expect.stringContaining('program.bpf.c') });
    expect(error.compilerOutput).toMatch(/^program\.bpf\.c:\d+:9: error: no member named 'nothing' in 'struct event'\n/);
    expect(error.compilerOutput).toMatch(/\n +\| +\^~|\^/);
  });

  it("passes the compiler's warnings on", async () => {
    const { diagnostics } = await build(
      folder('sample', { 'program.bpf.c': source.replace('struct event *event;', 'struct event *event; int unused;') }),
    );
    expect(diagnostics[0]).toMatchObject({
      severity: 'info',
      message: expect.stringMatching(/^program\.bpf\.c:\d+:\d+: warning: unused variable/),
    });
  });

  it.each<[string, Record<string, string>, Partial<ImageBuildOptions>, Record<string, unknown>]>([
    [
      'a source that build.yaml names and that is absent',
      { 'build.yaml': 'ebpfsource: absent.c' },
      {},
      { code: 'BUILD_SOURCE_MISSING', message: expect.stringMatching(/build\.yaml:1:1: .*absent\.c/) },
    ],
    ['a build file that is named and absent', {}, { file: 'other.yaml' }, { code: 'BUILD_FILE_INVALID' }],
    [
      'a wrong build file',
      { 'build.yaml': 'ebpfsource: [a' },
      {},
      { code: 'BUILD_FILE_INVALID', message: expect.stringMatching(/build\.yaml:1:/) },
    ],
    [
      'WASM source code',
      { 'build.yaml': 'wasm: main.go', 'main.go': '' },
      {},
      { code: 'BUILD_SOURCE_MISSING', hint: expect.stringContaining('.wasm') },
    ],
    [
      'a compiler that is absent',
      {},
      { clang: 'no-such-clang' },
      { code: 'COMPILER_MISSING', hint: expect.stringContaining('apt install clang-19') },
    ],
    ['a compiler that is none', {}, { clang: '/bin/true' }, { code: 'COMPILER_MISSING' }],
    [
      'no compiler at all',
      {},
      { env: { PATH: '/nowhere' } },
      { code: 'COMPILER_MISSING', hint: expect.stringContaining('apt install clang-19') },
    ],
    [
      'a wrong type in gadget.yaml',
      { 'gadget.yaml': 'name: x\nparams: [a]' },
      {},
      { code: 'METADATA_INVALID', message: expect.stringMatching(/gadget\.yaml:2:1: params/) },
    ],
    [
      'a macro that names what is absent',
      { 'program.bpf.c': source.replace('GADGET_TRACER(open, events,', 'GADGET_TRACER(open, evnts,') },
      {},
      { code: 'SPEC_INVALID', hint: 'did you mean events?' },
    ],
    [
      'warnings, when strict',
      { 'gadget.yaml': 'nmae: x' },
      { strict: true },
      { code: 'METADATA_INVALID', message: expect.stringContaining('--strict') },
    ],
  ])('refuses %s, and stores nothing', async (_name, files, options, expected) => {
    expect(await refusal(build(folder('sample', files), options))).toMatchObject(expected);
    expect(await store().list()).toEqual([]);
  });

  it('refuses a source that a link leads out of the folder', async () => {
    const path = folder('sample');
    writeFileSync(join(scratch, 'secret.c'), source);
    rmSync(join(path, 'program.bpf.c'));
    symlinkSync(join(scratch, 'secret.c'), join(path, 'program.bpf.c'));
    expect(await refusal(build(path))).toMatchObject({ code: 'BUILD_SOURCE_MISSING', message: expect.stringContaining('leads out') });
  });

  it('refuses a folder with nothing in it, and one that is not there', async () => {
    mkdirSync(join(scratch, 'empty'));
    expect(await refusal(build(join(scratch, 'empty')))).toMatchObject({
      code: 'BUILD_SOURCE_MISSING',
      message: expect.stringContaining('nothing to build'),
    });
    expect(await refusal(build(join(scratch, 'absent')))).toMatchObject({ code: 'BUILD_SOURCE_MISSING' });
  });

  it('says with its place what gadget.yaml names and the program lacks, unless told not to', async () => {
    const path = folder('sample', { 'gadget.yaml': metadata.replace('size:', 'siez:') });
    const { diagnostics } = await build(path, { cwd: path });
    expect(diagnostics).toMatchObject([
      { severity: 'warning', position: { file: 'gadget.yaml', line: 6, column: 7 }, hint: 'did you mean size?' },
    ]);
    expect((await build(path, { validateMetadata: false })).diagnostics).toEqual([]);
  });

  it('does not warn of a program that only one architecture has', async () => {
    const text = source.replace(
      'SEC("tracepoint',
      '#ifdef __TARGET_ARCH_x86\nSEC("tp/a/b") int only_here(void *ctx) { return 0; }\n#endif\nSEC("tracepoint',
    );
    const { diagnostics } = await build(
      folder('sample', { 'program.bpf.c': text, 'gadget.yaml': `${metadata}programs: {only_here: {optional: true}}\n` }),
    );
    expect(diagnostics).toEqual([]);
  });

  it('updates gadget.yaml, packs what it wrote, and leaves it alone the second time', async () => {
    const path = folder('sample', { 'gadget.yaml': '# mine\nname: sample\n' });
    const first = await build(path, { updateMetadata: true, cwd: path });
    expect(first.diagnostics).toMatchObject([{ severity: 'info', message: expect.stringContaining('gadget.yaml') }]);
    const text = readFileSync(join(path, 'gadget.yaml'), 'utf8');
    expect(text).toMatch(/^# mine\nname: sample\n/);
    expect(text).toContain('least');
    const second = await build(path, { updateMetadata: true, strict: true });
    expect(second).toMatchObject({ digest: first.digest, diagnostics: [] });
    expect(readFileSync(join(path, 'gadget.yaml'), 'utf8')).toBe(text);
  });

  it('leaves nothing beside the sources', async () => {
    const path = folder('sample');
    await build(path);
    expect(readdirSync(path).sort()).toEqual(['gadget.yaml', 'program.bpf.c']);
  });

  it('makes objects that libbpf reads', async () => {
    await build(folder('sample'));
    const { object } = await loadGadgetSpec(store(), tag, 'amd64');
    writeFileSync(join(scratch, 'sample.o'), object!);
    expect(execFileSync('bpftool', ['gen', 'skeleton', join(scratch, 'sample.o'), 'name', 'sample']).toString()).toContain('on_open');
  });
});

describe('buildForHost', () => {
  it('makes what a run needs, from a folder or its file', async () => {
    const path = folder('sample');
    for (const target of [path, join(path, 'program.bpf.c')]) {
      const parts = await buildForHost({ path: target, architecture: 'amd64' });
      expect(parts.metadataText).toBe(metadata);
      expect(specFromParts(parts, () => {}).sources).toHaveLength(1);
    }
  });

  it('takes a single file for a gadget of its own, without the metadata of its neighbour', async () => {
    const path = folder('sample', { 'other.bpf.c': source });
    const parts = await buildForHost({ path: join(path, 'other.bpf.c'), architecture: 'arm64' });
    expect(parts).toMatchObject({ name: 'other', metadataText: undefined });
  });

  it('warns of metadata that does not fit', async () => {
    const said: Diagnostic[] = [];
    await buildForHost({
      path: folder('sample', { 'gadget.yaml': 'datasources: {opne: {}}' }),
      architecture: 'amd64',
      report: (diagnostic) => said.push(diagnostic),
    });
    expect(said).toMatchObject([{ severity: 'warning', hint: 'did you mean open?' }]);
  });

  it('ends when it is told to', async () => {
    expect(await refusal(buildForHost({ path: folder('sample'), architecture: 'amd64', signal: AbortSignal.abort() }))).toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('gadget build', () => {
  it('prints the reference and digest, as text or JSON', async () => {
    const path = folder('sample');
    const context = fakeCliContext({ ...(process.env as Record<string, string>), GADGET_STORE: join(scratch, 'store') });
    const run = async (...args: string[]) => {
      const program = new Command().exitOverride();
      register(program, context);
      await program.parseAsync(['build', path, ...args], { from: 'user' });
      return context.takeOutput();
    };
    const { reference, digest, diagnostics } = JSON.parse(await run('-t', 'registry.example/x', '-o', 'json'));
    expect({ reference, diagnostics }).toEqual({ reference: 'registry.example/x:latest', diagnostics: [] });
    expect(await run('-t', 'registry.example/x')).toBe(`built registry.example/x:latest@${digest}\n`);
    expect(await run('--no-validate-metadata')).toMatch(/^built ghcr\.io\/inspektor-gadget\/gadget\/sample:latest@sha256:/);
  });
});
