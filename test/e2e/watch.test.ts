import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';

const bundle = resolve(import.meta.dirname, '../../dist/gadget.js');
const metadata = 'name: sample\n';

/** A tracer of execs whose events have these fields; `body` fills them. */
function source(field: string, body: string): string {
  return `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_pid pid;
	${field};
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(execs, events, event);

SEC("tracepoint/sched/sched_process_exec")
int watched_exec(void *ctx)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	${body};
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;
}
const first = source('__u32 first', 'event->first = 1');
const second = source('__u32 second', 'event->second = 2');

/** `gadget run TARGET --watch -o json`, and what it has said. */
class Watching {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stdout = '';
  #stderr = '';
  /** Where the next look at stderr begins. */
  #seen = 0;

  constructor(target: string, words: readonly string[] = []) {
    this.#child = spawn(process.execPath, [bundle, 'run', target, '--watch', '-o', 'json', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr!.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#ended = new Promise((done) => this.#child.on('close', done));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** What it says until this, beginning after what was waited for before. */
  async says(pattern: RegExp): Promise<string> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await pause(10)) {
      const found = pattern.exec(this.#stderr.slice(this.#seen));
      if (found === null) continue;
      const from = this.#seen;
      this.#seen += found.index + found[0].length;
      return this.#stderr.slice(from, this.#seen);
    }
    throw new Error(`it did not say ${pattern} after:\n${this.#stderr.slice(this.#seen)}`);
  }

  /** An event of a process that is started until one is seen. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the gadget's
  async event(): Promise<any> {
    const before = this.#stdout.length;
    for (const deadline = Date.now() + 5000; Date.now() < deadline; await pause(20)) {
      const { pid } = spawnSync('/bin/true');
      await pause(30);
      const lines = this.#stdout.slice(before).split('\n').slice(0, -1);
      const found = lines.map((line) => JSON.parse(line)).find((event) => event.pid === pid);
      if (found !== undefined) return found;
    }
    throw new Error('no event came');
  }

  /** Ctrl-C; milliseconds until it had ended, and its status. */
  async stop(): Promise<{ ms: number; status: number | null }> {
    const start = performance.now();
    this.#child.kill('SIGINT');
    const status = await this.#ended;
    return { ms: performance.now() - start, status };
  }

  async end(): Promise<number | null> {
    return this.#ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

let folder: string;
let watching: Watching;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gadget-watch-'));
  save('program.bpf.c', first);
  save('gadget.yaml', metadata);
});
afterEach(() => {
  watching.kill();
  rmSync(folder, { recursive: true });
});

function save(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function start(target = folder, words: readonly string[] = []): Promise<void> {
  watching = new Watching(target, words);
  await watching.says(/attached\n/);
}

const waiting = /watch: waiting for the next save\n/;

describeAsRoot('gadget run --watch', () => {
  it('shows events of the new shape after a save', async () => {
    await start();
    expect(await watching.event()).toMatchObject({ first: 1 });
    save('program.bpf.c', second);
    expect(await watching.says(/attached\n/)).toContain('watch: program.bpf.c saved, building\n');
    const event = await watching.event();
    expect(event).toMatchObject({ second: 2 });
    expect(event).not.toHaveProperty('first');
  });

  it.each<[string, string, string, RegExp]>([
    [
      'the compiler',
      'program.bpf.c',
      first.replace('event->first', 'event->frist'),
      /program\.bpf\.c:\d+:\d+: error: no member named 'frist'.*error: clang cannot/s,
    ],
    ['the verifier', 'program.bpf.c', first.replace('if (!event)', 'if (0)'), /verifier.*invalid mem access/s],
    [
      'a macro',
      'program.bpf.c',
      first.replace('GADGET_TRACER(execs, events', 'GADGET_TRACER(execs, evnts'),
      /error: .*evnts.*hint: did you mean events/s,
    ],
    ['gadget.yaml', 'gadget.yaml', 'name: [sample\n', /error: .*gadget\.yaml:\d+:\d+: /],
    ['a flag that the gadget has no more', 'program.bpf.c', second, /error: .*first/],
  ])('shows what %s says against a version, and goes on', async (_name, file, text, message) => {
    await start(folder, ['--fields', 'pid,first']);
    save(file, text);
    expect(await watching.says(waiting)).toMatch(message);
    expect(execFileSync('bpftool', ['prog', 'show']).toString()).not.toContain('watched_exec');
    save('program.bpf.c', first);
    save('gadget.yaml', metadata);
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ first: 1 });
  });

  it('builds what was saved last when it is saved during a build', async () => {
    await start();
    save('program.bpf.c', source('__u32 between', 'event->between = 3'));
    await watching.says(/saved, building\n/);
    save('program.bpf.c', second);
    expect(await watching.says(/attached\n/)).toContain('program.bpf.c saved, building\n');
    expect(await watching.event()).toMatchObject({ second: 2 });
    expect(watching.stderr.match(/attached/g)).toHaveLength(2);
  });

  it('sees a file that an editor puts in place of the other', async () => {
    await start();
    // As vim does: the old file becomes a backup, a new one takes its name.
    renameSync(join(folder, 'program.bpf.c'), join(folder, 'program.bpf.c~'));
    await pause(20);
    save('.program.bpf.c.swp', 'x');
    save('program.bpf.c', second);
    rmSync(join(folder, 'program.bpf.c~'));
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ second: 2 });
    save('new.bpf.c', first);
    renameSync(join(folder, 'new.bpf.c'), join(folder, 'program.bpf.c'));
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ first: 1 });
  });

  it('builds again for a header, also in a folder made later', async () => {
    await start();
    mkdirSync(join(folder, 'include'));
    await pause(100);
    save('include/value.h', '#define VALUE 7\n');
    await watching.says(/include\/value\.h saved.*attached\n/s);
    save('program.bpf.c', `#include "include/value.h"\n${first.replace('= 1', '= VALUE')}`);
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ first: 7 });
    save('include/value.h', '#define VALUE 8\n');
    expect(await watching.says(/attached\n/)).toContain('watch: include/value.h saved, building\n');
    expect(await watching.event()).toMatchObject({ first: 8 });
  });

  it('does nothing for files that no gadget is made of', async () => {
    await start();
    save('notes.txt', 'x');
    save('.hidden.c', 'x');
    await pause(400);
    expect(watching.stderr).not.toContain('saved');
  });

  it('survives the folder being taken away and put back', async () => {
    await start();
    renameSync(folder, `${folder}.away`);
    await watching.says(waiting);
    renameSync(`${folder}.away`, folder);
    await watching.says(/attached\n/);
    save('program.bpf.c', second);
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ second: 2 });
  });

  it('watches a single file with its headers, not its neighbours', async () => {
    save('other.bpf.c', first);
    await start(join(folder, 'program.bpf.c'));
    save('other.bpf.c', second);
    await pause(400);
    expect(watching.stderr).not.toContain('saved');
    save('program.bpf.c', second);
    await watching.says(/attached\n/);
    expect(await watching.event()).toMatchObject({ second: 2 });
  });

  it('waits for the next save when a version has come to its end', async () => {
    await start(folder, ['--timeout', '300ms']);
    await watching.says(waiting);
    save('program.bpf.c', second);
    await watching.says(/attached\n/);
  });

  it('traces a command anew with each version', async () => {
    await start(folder, ['--', 'sh', '-c', 'exit 3']);
    await watching.says(waiting);
    save('program.bpf.c', second);
    expect(await watching.says(waiting)).toMatch(/execs: 1 delivered.*command: ended with status 3/s);
    expect((await watching.stop()).status).toBe(0);
  });

  it.each<[string, () => Promise<void>]>([
    ['a run', async () => {}],
    [
      'a build',
      async () => {
        save('program.bpf.c', second);
        await watching.says(/building\n/);
      },
    ],
    [
      'waiting',
      async () => {
        save('program.bpf.c', 'x');
        await watching.says(waiting);
      },
    ],
  ])('Ctrl-C ends %s within 200 ms', async (_name, during) => {
    await start();
    await during();
    const { ms, status } = await watching.stop();
    expect(status).toBe(0);
    expect(ms).toBeLessThan(200);
  });

  it('with -q says only what is wrong', async () => {
    watching = new Watching(folder, ['-q']);
    await watching.event();
    expect(watching.stderr).toBe('');
    save('program.bpf.c', 'x');
    await watching.says(/error: clang cannot/);
    expect(watching.stderr).not.toContain('watch:');
  });

  it.each([
    ['an image', 'trace_exec', /--watch needs a folder or a \.bpf\.c file/],
    ['what is not there', '/no/such/folder', /error: .*\/no\/such\/folder/],
  ])('refuses %s', async (_name, target, message) => {
    watching = new Watching(target);
    expect(await watching.end()).toBeGreaterThan(1);
    expect(watching.stderr).toMatch(message);
  });
});
