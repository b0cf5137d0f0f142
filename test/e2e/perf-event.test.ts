import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { resolveUprobe } from '../../runtime/engine/uprobe-target.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { compileC } from '../support/c-program.ts';
import { type Event, runGadget } from '../support/run-gadget.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-perf-event-'));
const source = join(import.meta.dirname, 'uprobe/target.c');

/** Whether an offset in a program's file lies in a function; an address that is returned to may be the one behind it. */
function isIn(program: string, symbol: string): (offset: number) => boolean {
  const listed = execFileSync('nm', ['-S', program], { encoding: 'utf8' });
  const size = Number.parseInt(new RegExp(`^[0-9a-f]+ ([0-9a-f]+) \\w ${symbol}$`, 'm').exec(listed)![1]!, 16);
  const start = Number(resolveUprobe(`${program}:${symbol}`).offset);
  return (offset) => offset >= start && offset <= start + size;
}

interface Frame {
  readonly module: string;
  readonly offset: number;
  readonly samples: number;
}

/** The frames that are so many calls away from the innermost one. */
function framesAt(events: readonly Event[], depth: number): Frame[] {
  return events.flatMap((event) => {
    const match = /^(\S+)\+0x([0-9a-f]+)$/.exec(event.user_stack.split('; ')[depth] ?? '');
    return match === null ? [] : [{ module: match[1]!, offset: Number.parseInt(match[2]!, 16), samples: event.samples }];
  });
}

const sum = (frames: readonly Frame[]): number => frames.reduce((total, { samples }) => total + samples, 0);

describeAsRoot('sampling on a clock', () => {
  let busy: ChildProcess | undefined;
  afterEach(() => void busy?.kill('SIGKILL'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    { name: 'independent', flags: ['-fPIE', '-pie', '-fno-omit-frame-pointer'] },
    { name: 'fixed', flags: ['-fno-pie', '-no-pie', '-fno-omit-frame-pointer'] },
  ])('finds the busy function of a program by module and offset: $name', async ({ name, flags }) => {
    const program = compileC(source, join(folder, name), ...flags);
    busy = spawn(program, ['for ever'], { stdio: 'ignore' });
    await once(busy, 'spawn');
    const result = await runGadget([
      'run',
      './gadgets/profile_cpu',
      '-o',
      'json',
      '--pid',
      `${busy.pid}`,
      '--timeout',
      '2s',
      '--user-stacks-only',
    ]);
    expect(result.status, result.stderr).toBe(0);
    for (const [depth, symbol] of ['busy', 'main'].entries()) {
      const frames = framesAt(result.events, depth);
      const contains = isIn(program, symbol);
      const right = frames.filter(({ module, offset }) => module === name && contains(offset));
      expect(sum(frames)).toBeGreaterThan(7);
      expect(sum(right) / sum(frames)).toBeGreaterThan(0.9);
    }
  });

  it('names the frames of a program that has ended before the table is made, though its file is gone, too', async () => {
    const program = compileC(source, join(folder, 'ended'), '-fPIE', '-pie', '-fno-omit-frame-pointer', '-Wl,--build-id');
    const contains = isIn(program, 'busy');
    const ended = spawn(program, ['for ever'], { stdio: 'ignore' });
    busy = ended;
    await once(ended, 'spawn');
    const result = await runGadget(['run', './gadgets/profile_cpu', '-o', 'json', '--pid', `${ended.pid}`, '--user-stacks-only'], {
      during: async () => {
        await new Promise((done) => setTimeout(done, 2000));
        ended.kill('SIGKILL');
        await once(ended, 'close');
        rmSync(program);
      },
    });
    expect(result.status, result.stderr).toBe(0);
    const samples = result.events.reduce((total, event) => total + event.samples, 0);
    const right = framesAt(result.events, 0).filter(({ module, offset }) => module === 'ended' && contains(offset));
    expect(samples).toBeGreaterThan(7);
    expect(sum(right) / samples).toBeGreaterThan(0.9);
  });
});
