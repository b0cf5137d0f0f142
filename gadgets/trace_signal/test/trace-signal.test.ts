import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

/** A thread number above every limit of the kernel's. */
const nobody = 2 ** 22 + 1;

/** Kills a child with SIGUSR1, sends itself an ignored SIGWINCH, signals nobody; says the child's number. */
const script = `
  my $child = fork // die;
  if (!$child) { sleep 20; exit }
  kill 'USR1', $child; waitpid $child, 0;
  kill 'WINCH', $$;
  kill 'TERM', ${nobody};
  print $child;
`;

async function signals(...flags: string[]) {
  let pid = 0;
  let child = 0;
  const result = await runGadget(['run', './gadgets/trace_signal', '-o', 'json', ...flags], {
    during: () => {
      const perl = spawnSync('perl', ['-e', script]);
      pid = perl.pid;
      child = Number(perl.stdout.toString());
    },
  });
  expect(result.status, result.stderr).toBe(0);
  const sent = result.events.filter((event) => event.proc.pid === pid && event.sig !== 'SIGCHLD');
  return { pid, child, rows: sent.map((event) => [event.sig, event.tpid, event.error, event.result]), events: result.events };
}

describeAsRoot('trace_signal', () => {
  it('shows signals and calls that failed', async () => {
    const { pid, child, rows, events } = await signals();
    expect(rows).toEqual([
      ['SIGUSR1', child, '', 'DELIVERED'],
      ['SIGWINCH', pid, '', 'IGNORED'],
      ['SIGTERM', nobody, 'ESRCH', 'CALL_RETURNED'],
    ]);
    expect(events).toContainEqual(expect.objectContaining({ sig: 'SIGCHLD', sig_raw: 17, tpid: pid, tcomm: 'perl' }));
  });

  it.each([
    { flags: ['--failed'], expected: ['SIGTERM'] },
    { flags: ['--signal', '10'], expected: ['SIGUSR1'] },
    { flags: ['--kill-only'], expected: ['SIGUSR1', 'SIGWINCH', 'SIGTERM'] },
    { flags: ['--kill-only', '--failed'], expected: ['SIGTERM'] },
  ])('takes $flags', async ({ flags, expected }) => {
    const { rows } = await signals(...flags);
    expect(rows.map((row) => row[0])).toEqual(expected);
    if (flags.includes('--kill-only')) for (const row of rows) expect(row[3]).toBe('CALL_RETURNED');
  });
});
