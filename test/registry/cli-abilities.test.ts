import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandLine } from '../support/command-line.ts';
import { buildSample } from '../support/sample-gadget.ts';

const signalling = `
#ifdef __TARGET_ARCH_x86
#define NEVER 1000
#else
#define NEVER 1001
#endif
SEC("tracepoint/syscalls/sys_enter_getsid")
int send_enter(struct syscall_trace_enter *ctx)
{
	if (bpf_get_current_pid_tgid() == NEVER)
		bpf_send_signal(9);
	return 0;
}
`;

/** Calls what no kernel has, when it has it. */
const ofTomorrow = `
extern void bpf_of_tomorrow(void) __ksym __weak;

SEC("tracepoint/syscalls/sys_enter_getsid")
int tomorrow_enter(struct syscall_trace_enter *ctx)
{
	if (bpf_ksym_exists(bpf_of_tomorrow))
		bpf_of_tomorrow();
	return 0;
}
`;

/** Runs load programs: root's. */
describe.skipIf(process.getuid?.() !== 0)('what a gadget can do to the host', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  const image = 'reg.example/org/signalling:v1';
  const unknown = 'reg.example/org/unknown:v1';
  const harmless = 'reg.example/org/harmless:v1';
  const run = (name: string, ...flags: readonly string[]) => line.run(['run', name, '--timeout', '300ms', ...flags]);

  beforeAll(async () => {
    await buildSample(line, image, signalling);
    await buildSample(line, unknown, ofTomorrow);
    await buildSample(line, harmless);
  }, 60_000);
  afterAll(() => line.remove());

  test('is told when it runs', async () => {
    expect(await run(image)).toMatchObject({ status: 0, stderr: expect.stringContaining('can send signals to processes') });
    expect((await run(harmless)).stderr).not.toContain(' can ');
  });

  test('is shown by inspect, from the instructions', async () => {
    const { gadget } = JSON.parse(await line.gadget('image', 'inspect', image, '-o', 'json'));
    expect(gadget.abilities).toEqual([{ ability: 'send-signal', description: 'send signals to processes', programs: ['send_enter'] }]);
    expect(gadget.programs.find(({ name }: { name: string }) => name === 'send_enter')).toMatchObject({
      calls: ['bpf_get_current_pid_tgid', 'bpf_send_signal'],
      abilities: ['send-signal'],
    });
    const text = await line.gadget('image', 'inspect', image);
    expect(text).toMatch(/what it can do to the host:\n.*\n +send-signal +send_enter +send signals to processes\n/);
    expect(text).toMatch(/they call:\n.*bpf_send_signal/);
    expect(await line.gadget('image', 'inspect', harmless)).toContain('what it can do to the host:\n  only look at it');
  });

  test.each([
    ['all', [], 3],
    ['send-signal', [], 3],
    ['override-return,send-signal', ['--permit', 'override-return'], 3],
    ['change-packets', [], 0],
    ['all', ['--permit', 'send-signal'], 0],
  ])('--forbid %s %j', async (forbidden, more, status) => {
    const ended = await run(image, '--forbid', forbidden, ...more);
    expect(ended.status).toBe(status);
    if (status !== 0)
      expect(ended.stderr).toMatch(/can send signals to processes \(send_enter\)\nhint: allow it with --permit send-signal/);
    expect((await run(harmless, '--forbid', forbidden)).status).toBe(0);
  });

  test('is refused by "all" as well when it is not known what it does', async () => {
    const refused = await run(unknown, '--forbid', 'all');
    expect(refused).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/not known here \(tomorrow_enter\)\nhint: .*--permit unknown/),
    });
    expect(await run(unknown, '--forbid', 'all', '--permit', 'unknown')).toMatchObject({ status: 0 });
  });

  test('is refused by configuration, and permitted by a flag', async () => {
    const config = line.write('forbid.yaml', 'run:\n  forbid: all\n');
    expect(await run(image, '--config', config)).toMatchObject({ status: 3 });
    expect(await run(image, '--config', config, '--permit', 'all')).toMatchObject({ status: 0 });
    expect(await run(image, '--forbid', 'nonsense')).toMatchObject({ status: 2 });
  });
});
