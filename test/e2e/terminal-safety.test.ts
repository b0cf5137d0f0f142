import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { describeAsRoot } from '../support/as-root.ts';
import { type Event, runGadget } from '../support/run-gadget.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gadget-safety-')));
const env = { ...process.env, GADGET_STORE: join(folder, 'store') };

/** Escape sequence, C1 control as UTF-8 and as a bare byte, right-to-left override, invalid UTF-8, line breaks, tab, quotes, a half character. */
const evil = Buffer.concat([
  Buffer.from('a\x1b[2J\x1b]0;title\x07\u009b31m'),
  Buffer.of(0x9b, 0xff, 0xc0),
  Buffer.from('\u202egnp.exe\u2066\n\r\t"\'\\`$(id) \u2028\ufeff\u{e0041}z'),
  Buffer.of(0xe2, 0x80),
]);
/** Names of processes have 15 bytes. */
const evilName = Buffer.concat([Buffer.from('\x1b[2J\n\u202e'), Buffer.of(0x9b, 0xff), Buffer.from('\u0085')]);

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Characters that steer a terminal or hide what is there; newlines are the output's own. */
function steering(bytes: Uint8Array): string[] {
  const codes = Array.from(strict.decode(bytes), (character) => character.codePointAt(0)!);
  const ranges = [
    [0, 9],
    [11, 31],
    [0x7f, 0x9f],
    [0x200e, 0x200f],
    [0x2028, 0x202e],
    [0x2066, 0x2069],
    [0xfeff, 0xfeff],
    [0xe0000, 0xe007f],
  ] as const;
  return codes.filter((code) => ranges.some(([low, high]) => code >= low && code <= high)).map((code) => code.toString(16));
}

/** Changes its name and folder, opens a file and starts a program, all with evil words. Words come as hex: they are no UTF-8. */
const script = `
  my ($folder, $evil, $name) = map { pack 'H*', $_ } @ARGV;
  chdir "$folder/$evil" or die;
  $0 = $name;
  open my $file, '>', "$folder/$evil/$evil" or die;
  system { "$folder/$evil/$evil.exe" } $evil, "$evil-1", '', $evil;
`;

function behaveBadly(): number {
  const words = [Buffer.from(folder), evil, evilName].map((word) => word.toString('hex'));
  const perl = spawnSync('perl', ['-e', script, ...words]);
  expect(perl.stderr.toString()).toBe('');
  return perl.pid;
}

/** The bytes of a run's output, and what they say of the process above or its child. */
async function observe(gadget: string, format: string, ...args: readonly string[]) {
  const file = join(folder, 'output');
  let pid = 0;
  const { status, stderr } = await runGadget(['run', gadget, '-o', `${format}=${file}`, ...args], {
    env: { GADGET_STORE: env.GADGET_STORE },
    during: () => {
      pid = behaveBadly();
    },
  });
  expect(status, stderr).toBe(0);
  return { bytes: readFileSync(file), pid };
}

const ofProcess = (pid: number) => (event: Event) => event.proc.pid === pid || event.proc.parent.pid === pid;
/** Invalid bytes are replacement characters. */
const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

describeAsRoot('what processes are called', () => {
  beforeAll(() => {
    mkdirSync(Buffer.concat([Buffer.from(`${folder}/`), evil]));
    cpSync('/bin/true', join(folder, 'true'));
    execFileSync('perl', [
      '-e',
      'my ($from, $to) = map { pack "H*", $_ } @ARGV; rename $from, $to or die',
      ...[Buffer.from(`${folder}/true`), Buffer.concat([Buffer.from(`${folder}/`), evil, Buffer.from('/'), evil, Buffer.from('.exe')])].map(
        (path) => path.toString('hex'),
      ),
    ]);
    for (const name of ['trace_open', 'trace_exec'])
      execFileSync(process.execPath, [join(root, 'dist/gadget.js'), 'build', join(root, 'gadgets', name), '-t', name], {
        env,
        stdio: 'pipe',
      });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['trace_open', []],
    ['trace_exec', ['--paths']],
  ])('steers no terminal in columns of %s', async (gadget, args) => {
    const fields = gadget === 'trace_open' ? 'proc.comm,fname' : 'proc.comm,args,cwd,file';
    const { bytes } = await observe(gadget, 'columns', '--fields', fields, ...args);
    expect(steering(bytes)).toEqual([]);
    const shown = text(bytes);
    expect(shown).toContain('\\x1b[2J');
    expect(shown).toContain('\\u{202e}gnp.exe');
    expect(shown).toContain('\\xff');
  });

  it('is JSON of one line each', async () => {
    const { bytes, pid } = await observe('trace_exec', 'json', '--paths');
    expect(steering(bytes)).toEqual([]);
    const events = text(bytes)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(ofProcess(pid));
    const [exec] = events.filter((event) => event.args.length === 4);
    expect(exec.args).toEqual([text(evil), `${text(evil)}-1`, '', text(evil)]);
    expect(exec.cwd).toBe(`${folder}/${text(evil)}`);
    expect(exec.proc.parent.comm).toBe(text(evilName));
  });

  it('is YAML', async () => {
    const { bytes, pid } = await observe('trace_open', 'yaml');
    expect(steering(bytes)).toEqual([]);
    const documents = parseAllDocuments(text(bytes));
    expect(documents.flatMap((document) => document.errors)).toEqual([]);
    const events = documents.map((document) => document.toJS()).filter(ofProcess(pid));
    expect(events.map((event) => event.fname)).toContain(`${folder}/${text(evil)}/${text(evil)}`);
    expect(events.map((event) => event.proc.comm)).toContain(text(evilName));
  });

  it('is JSON for people', async () => {
    const { bytes } = await observe('trace_open', 'jsonpretty');
    expect(steering(bytes)).toEqual([]);
    const records = text(bytes)
      .split(/(?<=^\}\n)/m)
      .filter((record) => record !== '');
    expect(records.length).toBeGreaterThan(1);
    for (const record of records) JSON.parse(record);
  });
});

describe('what an image says', () => {
  const word = '\\e[2J\\u202Egnp\\x85\\n\\tz';
  const gadgetYaml = `
name: "bad${word}"
description: "a${word}"
documentationURL: "https://a${word}"
"unknown${word}": 1
datasources:
  open:
    annotations: {description: "b${word}", "x${word}": "y${word}"}
    fields:
      comm: {annotations: {description: "c${word}", columns.alias: "d${word}", columns.width: 20}}
      "none${word}": {annotations: {description: "e${word}"}}
params:
  ebpf:
    least: {key: least, description: "f${word}", defaultValue: "3"}
`;
  const source = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_comm comm[TASK_COMM_LEN];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(open, events, event);

const volatile __u32 least = 3;
GADGET_PARAM(least);

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void *ctx)
{
	struct event *event;

	if (least == 77)
		return 0;
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;
  const place = mkdtempSync(join(tmpdir(), 'gadget-safety-'));
  const store = { ...process.env, GADGET_STORE: join(place, 'store'), GADGET_READY: '1' };
  const gadget = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(root, 'dist/gadget.js'), ...args], { env: store, cwd: place });
  beforeAll(() => {
    mkdirSync(join(place, 'bad'));
    writeFileSync(join(place, 'bad/program.bpf.c'), source);
    writeFileSync(join(place, 'bad/gadget.yaml'), gadgetYaml.replace(/^ *"(unknown|none).*\n/gm, ''));
    expect(gadget('build', 'bad', '-t', 'bad').status).toBe(0);
    writeFileSync(join(place, 'bad/gadget.yaml'), gadgetYaml);
  });
  afterAll(() => rmSync(place, { recursive: true }));

  const evilWord = '\x1b[2J\u202e\u009b\n';
  it.each([
    ['build', 'gnp', ['build', 'bad', '-t', 'other']],
    ['run --help', 'gnp', ['run', 'bad', '--help']],
    ['list', 'gnp', ['list']],
    ['list -o json', 'gnp', ['list', '-o', 'json']],
    ['image list', 'bad', ['image', 'list']],
    ['image inspect', 'gnp', ['image', 'inspect', 'bad']],
    ['image inspect -o json', 'gnp', ['image', 'inspect', 'bad', '-o', 'json']],
    ['image inspect -o yaml', 'gnp', ['image', 'inspect', 'bad', '-o', 'yaml']],
    ['an unknown field', 'u{202e}', ['run', 'bad', '--fields', evilWord]],
    ['an unknown field of a filter', 'u{202e}', ['run', 'bad', '--filter', `${evilWord}==1`]],
    ['an expression', 'u{202e}', ['run', 'bad', '--filter-expr', `a == ${evilWord}`]],
    ['an unknown flag', 'u{202e}', ['run', 'bad', `--${evilWord}`]],
    ['a wrong value', 'u{202e}', ['run', 'bad', '--least', evilWord]],
    ['an unknown image', 'u{202e}', ['run', `no${evilWord}`]],
    ['an unknown folder', 'u{202e}', ['run', `./no${evilWord}`]],
    ['an unknown output', 'u{202e}', ['run', 'bad', '-o', evilWord]],
    ['an unknown command', 'u{202e}', [evilWord]],
    ['a run', 'gnp', ['run', 'bad', '-n', '1', '-v']],
  ])('steers no terminal: %s', (_name, shows, args) => {
    const { stdout, stderr } = gadget(...args);
    expect(steering(stdout)).toEqual([]);
    expect(steering(stderr)).toEqual([]);
    expect(`${stdout}${stderr}`.toLowerCase()).toContain(shows);
  });
});
