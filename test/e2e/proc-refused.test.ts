import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { runGadget } from '../support/run-gadget.ts';

/** Mounts for what is behind it alone a /proc that shows a user only his own processes, and no kernel symbols: those of process 1 to open is refused. */
const narrowProc = 'mount -t proc -o hidepid=2 proc /proc && mount --bind /proc/1/mem /proc/kallsyms && exec "$@"';
/** What loading, sampling and reading tracefs take; not what it takes to look into others' processes. */
const capabilities = '-all,+bpf,+perfmon,+dac_read_search';
const nobody = '65534';
const refused = [
  ...['unshare', '--mount', 'sh', '-c', narrowProc, 'sh'],
  ...['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
  ...['inh', 'ambient'].map((set) => `--${set}-caps=${capabilities}`),
  `--bounding-set=${capabilities}`,
];

describeAsRoot('on a host where entries of /proc are refused', () => {
  let load: ChildProcess;
  beforeAll(async () => {
    load = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=4k'], { stdio: 'ignore' });
    await once(load, 'spawn');
  });
  afterAll(() => void load.kill('SIGKILL'));

  it.each(['/proc/kallsyms', 'maps'])('%s is refused, indeed', (name) => {
    const path = name.startsWith('/') ? name : `/proc/${load.pid}/${name}`;
    const [command, ...args] = [...refused, 'head', '-c1', path];
    expect(spawnSync(command!, args, { encoding: 'utf8' })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot open|error reading/),
    });
  });

  it('snapshot_process lists all processes, those of other users too', async () => {
    const result = await runGadget(['run', './gadgets/snapshot_process', '-o', 'json'], { through: refused });
    expect(result.status, result.stderr).toBe(0);
    expect(result.events.find(({ pid }) => pid === load.pid)?.comm).toBe('dd');
  });

  it('profile_cpu shows kernel functions as addresses, and modules by their build id', async () => {
    const args = ['run', './gadgets/profile_cpu', '-o', 'json', '--timeout', '1s', '--pid', `${load.pid}`];
    const result = await runGadget(args, { through: refused });
    expect(result.status, result.stderr).toBe(0);
    const frames = (field: string) => result.events.flatMap((event) => event[field].split('; ').filter(Boolean));
    expect(frames('kern_stack').length).toBeGreaterThan(0);
    for (const frame of frames('kern_stack')) expect(frame).toMatch(/^0x[0-9a-f]{16}$/);
    expect(frames('user_stack').length).toBeGreaterThan(0);
    for (const frame of frames('user_stack')) expect(frame).toMatch(/^([0-9a-f]{8}\+)?0x[0-9a-f]+$/);
  });

  it('trace_exec shows the processes of other users', async () => {
    const result = await runGadget(['run', './gadgets/trace_exec', '-o', 'json'], {
      through: refused,
      during: () => void execFileSync('true', ['of another user']),
      until: (events) => events.some((event) => event.args.includes('of another user')),
      timeoutMs: 20_000,
    });
    expect(result.status, result.stderr).toBe(0);
    expect(result.events.filter((event) => event.args.includes('of another user'))).toHaveLength(1);
  });
});
