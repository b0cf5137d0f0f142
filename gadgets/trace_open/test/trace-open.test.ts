import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trace-open-')));
const created = join(folder, 'created');
const absent = join(folder, 'absent');
const link = join(folder, 'link');

/** Opens by each of the system calls; `openat2` has one number on all machines. */
const script = `
  use Fcntl;
  my ($created, $absent, $link) = @ARGV;
  sysopen(my $a, $created, O_WRONLY|O_CREAT|O_TRUNC, 0640) or die;
  sysopen(my $b, $absent, O_RDONLY);
  my $how = pack("QQQ", O_RDWR, 0, 0);
  syscall(437, -100, $created, $how, 24) >= 0 or die;
  sysopen(my $c, $link, O_RDONLY) or die;
`;

async function openFiles(...flags: string[]) {
  let pid = 0;
  const result = await runGadget(['run', './gadgets/trace_open', '-o', 'json', '--comm', 'perl', ...flags], {
    during: () => {
      const perl = spawnSync('perl', ['-e', script, created, absent, link]);
      expect(perl.stderr.toString()).toBe('');
      pid = perl.pid;
    },
  });
  expect(result.status, result.stderr).toBe(0);
  const ours = result.events.filter((event) => event.proc.pid === pid && event.fname.startsWith(folder));
  return { pid, events: ours };
}

describeAsRoot('trace_open', () => {
  symlinkSync('created', link);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('shows each call once, with name, flags, mode and result', async () => {
    const { pid, events } = await openFiles();
    expect(events).toMatchObject([
      { fname: created, error: '', error_raw: 0, mode: '-rw-r-----', mode_raw: 0o640 },
      { fname: absent, error: 'ENOENT', error_raw: 2, fd: 0 },
      { fname: created, error: '', flags: 'O_RDWR' },
      { fname: link, error: '', fpath: '' },
    ]);
    expect(events[0].flags.split('|')).toEqual(expect.arrayContaining(['O_WRONLY', 'O_CREAT', 'O_TRUNC']));
    expect(events[0].fd).toBeGreaterThan(2);
    expect(events[0].proc).toMatchObject({ comm: 'perl', tid: pid, creds: { uid: 0, user: 'root' }, parent: { pid: process.pid } });
  });

  it('finds full paths when asked to', async () => {
    const { events } = await openFiles('--paths');
    expect(events.map((event) => event.fpath)).toEqual([created, '', created, created]);
  });

  it('shows only failures when asked to', async () => {
    const { events } = await openFiles('--failed');
    expect(events.map((event) => event.fname)).toEqual([absent]);
  });

  it('takes user stacks when asked to', async () => {
    const { events } = await openFiles('--collect-ustack');
    for (const event of events) expect(event.ustack.addresses).toMatch(/^0x[0-9a-f]{16}; /);
  });
});
