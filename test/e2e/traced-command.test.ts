import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { runGadget } from '../support/run-gadget.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'gadget-command-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

const out = () => join(scratch, 'events.json');

/** Runs a gadget with a command; its events go to a file, for stdout is the command's. */
async function trace(gadget: string, command: readonly string[], flags: readonly string[] = []) {
  const result = await runGadget(['run', gadget, '-o', `json=${out()}`, ...flags, '--', ...command]);
  const events = readFileSync(out(), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return { ...result, events };
}

describeAsRoot('gadget run … -- command', () => {
  it('shows the command from its own exec on, its children, and nothing of others', async () => {
    const others = setInterval(() => spawn('/bin/true', ['other']), 10);
    const { events, status, stdout } = await trace('trace_exec', [
      'sh',
      '-c',
      'echo from the command; (/bin/true child) & /bin/true child; wait',
    ]);
    clearInterval(others);
    expect(status).toBe(0);
    expect(stdout).toBe('from the command\n');
    expect(events.map(({ args }) => args.slice(0, 2).join(' ')).sort()).toEqual(['/bin/true child', '/bin/true child', 'sh -c']);
  });

  it('reads all that the command did, however soon it ended', async () => {
    const { events, stderr } = await trace('trace_open', ['cat', ...Array<string>(300).fill('/etc/hostname')]);
    expect(events.filter(({ fname }) => fname === '/etc/hostname')).toHaveLength(300);
    expect(stderr).toContain(' 0 lost');
  });

  it('filters within what the command does', async () => {
    const { events } = await trace('trace_open', ['cat', '/etc/hostname', '/etc/hosts'], ['-F', 'fname==/etc/hosts']);
    expect(events.map(({ fname }) => fname)).toEqual(['/etc/hosts']);
  });

  it.each([
    ['a status', 'exit 3', 3, 'command: ended with status 3\n'],
    ['a signal', 'kill -KILL $$', 137, 'command: ended by SIGKILL\n'],
    ['success', 'exit 0', 0, ''],
  ])('ends as the command does: %s', async (_name, script, expected, line) => {
    const { status, stderr } = await trace('trace_exec', ['sh', '-c', script]);
    expect(status).toBe(expected);
    expect(stderr.match(/^command: .*\n/m)?.[0] ?? '').toBe(line);
  });

  it('says nothing of it with -q', async () => {
    const { status, stderr } = await trace('trace_exec', ['sh', '-c', 'exit 3'], ['-q']);
    expect({ status, stderr }).toEqual({ status: 3, stderr: 'trace_exec: attached\n' });
  });

  it.each([
    ['-n 1', ['-n', '1']],
    ['--timeout', ['--timeout', '1']],
  ])('ends the command when the run ends first: %s', async (_name, flags) => {
    const { status, stderr } = await trace('trace_exec', ['sleep', '100.5'], flags);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('exec: 1 delivered') });
    expect(sleepers()).toEqual([]);
  });

  it('Ctrl-C ends both within 200 ms', async () => {
    let stopped = 0;
    const { status } = await runGadget(['run', 'trace_exec', '-o', `json=${out()}`, '--', 'sleep', '100.5'], {
      during: async () => {
        await new Promise((done) => setTimeout(done, 200));
        stopped = performance.now();
      },
    });
    // `runGadget` waits 50 ms before it interrupts.
    expect(performance.now() - stopped).toBeLessThan(250);
    expect(status).toBe(0);
    expect(sleepers()).toEqual([]);
  });

  it.each([
    ['no such program', ['no-such-program'], 'there is no program "no-such-program" in PATH'],
    ['no such file', ['/no/such/file'], 'there is no program "/no/such/file" to run'],
    ['a folder', ['/etc'], 'there is no program "/etc" to run'],
    ['nothing', [], 'no command stands after --'],
  ])('refuses %s before anything is loaded', async (_name, command, message) => {
    const { status, stderr } = await runGadget(['run', 'no_such_gadget', '--', ...command]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });

  it('does not run the command when the gadget cannot be loaded', async () => {
    const { status, stdout } = await runGadget(['run', 'trace_exec', '--kernel-btf', '/no/such/btf', '--', 'echo', 'ran']);
    expect({ status: status > 0, stdout }).toEqual({ status: true, stdout: '' });
  });

  it('refuses a gadget that shows one moment, and shows the command in one that looks again and again', async () => {
    const once = await runGadget(['run', 'snapshot_process', '--', 'sleep', '1']);
    expect(once).toMatchObject({ status: 2, stderr: expect.stringContaining('--map-fetch-interval') });
    const { events } = await trace('snapshot_process', ['sleep', '0.7'], ['--map-fetch-interval', '200ms', '--map-fetch-count', '0']);
    const names = new Set(events.flat().map(({ comm, proc }) => comm ?? proc.comm));
    expect([...names]).toEqual(['sleep']);
  });

  it('says with -v which data sources it cannot narrow', async () => {
    const { stderr } = await runGadget(['run', 'profile_blockio', '-v', '--', 'true']);
    expect(stderr).toMatch(/does not say which process a record is about/);
  });
});

/** Ids of processes that run `sleep 100.5`. */
function sleepers(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid) === 'sleep\u0000100.5\u0000');
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}
