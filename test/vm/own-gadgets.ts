import type { Event, GuestCase } from '../support/vm/gadgets-in-guest.ts';

interface OwnGadgetCase extends GuestCase {
  /** Whether the events tell what the trigger did. */
  readonly shows: (events: readonly Event[]) => boolean;
}

const busy = `perl -e '1 while 1'`;
const blockWrite = 'dd if=/dev/zero of=/dev/vda bs=4k count=64 oflag=direct';
const json = (name: string, ...flags: string[]) => ['run', name, '-o', 'json', ...flags];

/** What causes events of each of the project's own gadgets in a guest, and what they have to show of it. */
export const ownGadgetCases: Readonly<Record<string, OwnGadgetCase>> = {
  trace_open: {
    args: json('trace_open', '--comm', 'cat'),
    trigger: 'cat /etc/hostname /no/such/file',
    until: '/no/such/file',
    shows: (events) =>
      events.some((event) => event.fname === '/etc/hostname' && event.error === '' && event.fd > 2) &&
      events.some((event) => event.fname === '/no/such/file' && event.error === 'ENOENT'),
  },
  trace_exec: {
    args: json('trace_exec'),
    trigger: 'uname -r',
    until: '"uname"',
    shows: (events) => events.some((event) => event.args?.[0] === 'uname' && event.args[1] === '-r' && event.proc.comm === 'uname'),
  },
  trace_signal: {
    args: json('trace_signal'),
    trigger: 'sleep 30 & kill -USR1 $!',
    until: 'SIGUSR1',
    shows: (events) => events.some((event) => event.sig === 'SIGUSR1' && event.result === 'DELIVERED' && event.tpid > 0),
  },
  trace_mount: {
    args: json('trace_mount'),
    trigger: 'mkdir /tmp/target; mount -t tmpfs -o nosuid source /tmp/target; umount /tmp/target',
    until: 'UMOUNT',
    shows: (events) =>
      events.some((event) => event.op === 'MOUNT' && event.dest === '/tmp/target' && event.fs === 'tmpfs' && event.flags === 'MS_NOSUID') &&
      events.some((event) => event.op === 'UMOUNT' && event.dest === '/tmp/target' && event.error === ''),
  },
  snapshot_process: {
    args: json('snapshot_process'),
    shows: (events) => events.length > 10 && events.some((event) => event.pid === 1),
  },
  snapshot_socket: {
    args: json('snapshot_socket'),
    shows: (events) => events.some((event) => event.src.port === 4242 && event.src.addr === '127.0.0.1' && event.state === 'LISTEN'),
  },
  top_blockio: {
    args: json('top_blockio', '--comm', 'dd', '--map-fetch-interval', '500ms'),
    trigger: blockWrite,
    until: 'WRITE',
    shows: (events) => events.some((event) => event.rw === 'WRITE' && event.proc.comm === 'dd' && event.bytes_raw > 0),
  },
  top_process: {
    args: json('top_process', '--map-fetch-interval', '500ms'),
    trigger: busy,
    until: '"comm":"perl"',
    shows: (events) => events.some((event) => event.comm === 'perl' && event.cpu_time_raw > 0),
  },
  profile_cpu: {
    args: json('profile_cpu', '--comm', 'perl', '--timeout', '3s'),
    trigger: busy,
    shows: (events) => events.some((event) => event.proc.comm === 'perl' && /\+0x[0-9a-f]+/.test(event.user_stack) && event.samples > 1),
  },
  profile_blockio: {
    args: json('profile_blockio', '--map-fetch-interval', '500ms'),
    trigger: blockWrite,
    until: 'WRITE',
    shows: (events) => events.some((event) => event.op === 'WRITE' && event.latency.some((count: number) => count > 0)),
  },
};
