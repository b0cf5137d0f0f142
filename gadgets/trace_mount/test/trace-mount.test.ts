import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-mount-'));
const [mountNumber, umountNumber] = process.arch === 'arm64' ? [40, 39] : [165, 166];

/** In a mount namespace of its own: MS_NOSUID|MS_NOEXEC, a file system that does not exist, MNT_DETACH, not a mount point. */
const script = `
  my $folder = $ARGV[0];
  my ($source, $type, $options, $wrong) = ("a source", "tmpfs", "size=64k", "no-such-fs");
  syscall(${mountNumber}, $source, $folder, $type, 10, $options) == 0 or die "mount: $!";
  syscall(${mountNumber}, $source, $folder, $wrong, 0, 0);
  syscall(${umountNumber}, $folder, 2) == 0 or die "umount: $!";
  syscall(${umountNumber}, $folder, 0);
`;

describeAsRoot('trace_mount', () => {
  afterAll(() => rmdirSync(folder));

  it('shows mounts and unmounts with flags, result and duration', async () => {
    let pid = 0;
    const result = await runGadget(['run', './gadgets/trace_mount', '-o', 'json', '--comm', 'perl'], {
      during: () => {
        const perl = spawnSync('unshare', ['-m', 'perl', '-e', script, folder]);
        expect(perl.stderr.toString()).toBe('');
        pid = perl.pid;
      },
    });
    expect(result.status, result.stderr).toBe(0);
    const events = result.events.filter((event) => event.proc.pid === pid);
    expect(events).toMatchObject([
      {
        op: 'MOUNT',
        src: 'a source',
        dest: folder,
        fs: 'tmpfs',
        data: 'size=64k',
        flags: 'MS_NOSUID|MS_NOEXEC',
        flags_raw: 10,
        umount_flags: '',
        error: '',
      },
      { op: 'MOUNT', dest: folder, fs: 'no-such-fs', data: '', flags: '', error: 'ENODEV', error_raw: 19 },
      { op: 'UMOUNT', dest: folder, src: '', flags: '', umount_flags: 'MNT_DETACH', error: '' },
      { op: 'UMOUNT', dest: folder, umount_flags: '', error: 'EINVAL' },
    ]);
    for (const event of events) expect(event.delta_raw).toBeGreaterThan(0);
  });
});
