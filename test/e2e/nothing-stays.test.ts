import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';

const bundle = resolve(import.meta.dirname, '../../dist/gadget.js');
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Begins the names of all programs and maps, so that those of other tests are told apart. */
const mark = `k${process.pid}`;

const source = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_timestamp timestamp_raw;
};

GADGET_TRACER_MAP(${mark}_events, 1024 * 256);
GADGET_TRACER(opens, ${mark}_events, event);

static int submit(void *ctx)
{
	struct event *event = gadget_reserve_buf(&${mark}_events, sizeof(*event));

	if (!event)
		return 0;
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	gadget_submit_buf(ctx, &${mark}_events, event, sizeof(*event));
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int ${mark}_enter(void *ctx)
{
	return submit(ctx);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int ${mark}_exit(void *ctx)
{
	return submit(ctx);
}

SEC("raw_tracepoint/sched_process_exec")
int ${mark}_exec(void *ctx)
{
	return submit(ctx);
}

char LICENSE[] SEC("license") = "GPL";
`;

/** Programs and maps of ours that the kernel holds, links of those programs, and pins. */
function held(): string[] {
  const list = (kind: string) => JSON.parse(execFileSync('bpftool', ['-j', kind, 'list']).toString()) as Record<string, unknown>[];
  const programs = list('prog').filter(({ name }) => String(name).startsWith(mark));
  const programIds = programs.map(({ id }) => id);
  return [
    ...programs.map(({ name }) => `program ${name}`),
    ...list('map').flatMap(({ name }) => (String(name).startsWith(mark) ? [`map ${name}`] : [])),
    ...list('link').flatMap(({ prog_id }) => (programIds.includes(prog_id) ? [`link of ${prog_id}`] : [])),
    ...readdirSync('/sys/fs/bpf').flatMap((name) => (name.startsWith(mark) ? [`pin ${name}`] : [])),
  ];
}

/** Processes of a group. */
function membersOf(group: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, , memberOf] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return Number(memberOf) === group;
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

describeAsRoot('a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-kill-'));
  const env = { ...process.env, GADGET_STORE: join(folder, 'store') };
  beforeAll(() => {
    const gadget = join(folder, mark);
    mkdirSync(gadget);
    writeFileSync(join(gadget, 'program.bpf.c'), source);
    writeFileSync(join(gadget, 'gadget.yaml'), `name: ${mark}\n`);
    execFileSync(process.execPath, [bundle, 'build', gadget, '-t', mark], { env });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = () => spawn(process.execPath, [bundle, 'run', mark, '-o', 'none'], { env, stdio: 'ignore', detached: true });

  async function attached(): Promise<void> {
    for (let round = 0; round < 200 && !held().some((what) => what.startsWith('link')); round++) await sleep(50);
  }

  /** Maps are freed after a grace period of RCU. */
  async function remaining(): Promise<string[]> {
    for (let round = 0; round < 100 && held().length > 0; round++) await sleep(50);
    return held();
  }

  it('that ends leaves nothing, and soon no process that closes something still', async () => {
    const child = start();
    const ended = once(child, 'exit');
    await attached();
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(await remaining()).toEqual([]);
    for (let round = 0; round < 60 && membersOf(child.pid!).length > 0; round++) await sleep(50);
    expect(membersOf(child.pid!)).toEqual([]);
  });

  it('that is killed leaves nothing, of what this test sees while it goes on', { timeout: 30_000 }, async () => {
    const child = start();
    await attached();
    expect(held()).toEqual(expect.arrayContaining([`program ${mark}_enter`, `map ${mark}_events`, expect.stringMatching(/^link of/)]));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await remaining()).toEqual([]);
  });

  it.each([
    ['from start to attachment', 20, undefined],
    ['while it stops', 6, 'SIGINT'],
  ] as const)('that is killed at any moment %s leaves nothing', { timeout: 60_000 }, async (_name, rounds, before) => {
    for (let round = 0; round < rounds; round++) {
      const child = start();
      const ended = once(child, 'exit');
      if (before !== undefined) {
        await sleep(400);
        child.kill(before);
      }
      await sleep(15 * round);
      child.kill('SIGKILL');
      await ended;
    }
    expect(await remaining()).toEqual([]);
  });
});
