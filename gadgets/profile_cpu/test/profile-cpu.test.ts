import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

describeAsRoot('profile_cpu', () => {
  let busy: ChildProcess;

  async function profile(command: string[], ...flags: string[]) {
    busy = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
    await once(busy, 'spawn');
    const pid = `${busy.pid}`;
    const result = await runGadget(['run', './gadgets/profile_cpu', '-o', 'json', '--pid', pid, '--timeout', '1500ms', ...flags]);
    expect(result.status, result.stderr).toBe(0);
    for (const event of result.events) expect(event.proc.pid).toBe(busy.pid);
    return { events: result.events, samples: result.events.reduce((sum, event) => sum + event.samples, 0) };
  }

  afterEach(() => {
    busy.kill('SIGKILL');
  });

  it('finds a busy process running, with module and offset of its user stack', async () => {
    const { events, samples } = await profile(['perl', '-e', '1 while 1']);
    // 49 a second on a CPU of its own; a tenth of that on a machine with other work.
    expect(samples).toBeGreaterThan(7);
    expect(samples).toBeLessThan(100);
    expect(events.some((event) => /perl\S*\+0x[0-9a-f]+/.test(event.user_stack))).toBe(true);
  });

  it('names functions of the kernel', async () => {
    const { events } = await profile(['dd', 'if=/dev/urandom', 'of=/dev/null', 'bs=1M']);
    const stacks = events.map((event) => event.kern_stack).join('');
    expect(stacks).toMatch(/chacha|random/);
  });

  it.each([
    { flag: '--kernel-stacks-only', empty: 'user_stack' },
    { flag: '--user-stacks-only', empty: 'kern_stack' },
  ])('takes $flag', async ({ flag, empty }) => {
    const { events, samples } = await profile(['dd', 'if=/dev/urandom', 'of=/dev/null', 'bs=1M'], flag);
    expect(samples).toBeGreaterThan(7);
    for (const event of events) expect(event[empty]).toBe('');
  });
});
