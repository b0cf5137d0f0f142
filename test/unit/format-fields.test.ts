import { expect, test } from 'vitest';
import { addFormatters } from '../../runtime/operators/format/add-formatters.ts';
import type { FormatHost } from '../../runtime/operators/format/host.ts';
import { type DataSource, type Field, findField, walkFields } from '../../runtime/schema/data-source.ts';
import { recordField, source } from '../support/fields.ts';

const host: FormatHost = {
  bootTimeOffsetNs: 1_700_000_000_250_000_000n,
  utc: true,
  architecture: 'amd64',
  userName: (uid) => (uid === 0 ? 'root' : uid === 7 ? 'ev"il' : undefined),
  groupName: (gid) => (gid === 0 ? 'wheel' : undefined),
  kernelStack: (id) => (id === 3 ? ['schedule', 'do_exit'] : []),
  userStack: (key) => (key.stackId === 4 ? [{ address: 0x1234n, symbol: 'main', buildId: 'ab', offset: 16n }] : []),
};

/** What the formula of that name gives, by both ways. */
function formula(dataSource: DataSource, name: string, ...inputs: unknown[]): { value: unknown; written: string | undefined } {
  const { origin } = findField(dataSource, name)!;
  if (origin.from !== 'formula') throw new Error(`${name} is no formula`);
  const out = new Uint8Array(256);
  const value = origin.evaluate(...(inputs as never[]));
  const written = origin.write && Buffer.from(out.subarray(0, origin.write(out, 0, ...(inputs as never[])))).toString('latin1');
  return { value, written };
}

const names = (fields: readonly Field[]) => [...walkFields(fields)].map((field) => field.fullName + (field.hidden ? ' (hidden)' : ''));
const formatted = (field: Field): DataSource => {
  const dataSource = source([field]);
  addFormatters(dataSource, host);
  return dataSource;
};

test.each<[string, Field, string, unknown[], string]>([
  ['errno', recordField('error_raw', 'uint32', 0, { types: ['gadget_errno'] }), 'error', [2], 'ENOENT'],
  ['signal', recordField('sig_raw', 'uint32', 0, { types: ['gadget_signal'] }), 'sig', [9], 'SIGKILL'],
  ['syscall', recordField('syscall_raw', 'uint64', 0, { types: ['gadget_syscall'] }), 'syscall', [257, 0], 'SYS_OPENAT'],
  ['bytes', recordField('size_raw', 'uint64', 0, { types: ['gadget_bytes'] }), 'size', [0, 1], '4.3 GB'],
  ['mode', recordField('mode_raw', 'uint32', 0, { types: ['gadget_file_mode'] }), 'mode', [0o644], '-rw-r--r--'],
  ['flags', recordField('flags_raw', 'uint32', 0, { types: ['gadget_file_flags'] }), 'flags', [0o101], 'O_WRONLY|O_CREAT'],
  ['user', recordField('uid', 'uint32', 0, { types: ['gadget_uid'] }), 'user', [0], 'root'],
  ['unknown user', recordField('uid', 'uint32', 0, { types: ['gadget_uid'] }), 'user', [5], 'uid:5'],
  ['unsafe user', recordField('uid', 'uint32', 0, { types: ['gadget_uid'] }), 'user', [7], 'uid:7'],
  ['group', recordField('owner_raw', 'uint32', 0, { types: ['gadget_gid'] }), 'owner', [0], 'wheel'],
  [
    'target',
    recordField('e', 'int32', 0, { types: ['gadget_errno'], annotations: { 'formatters.errno.target': 'why' } }),
    'why',
    [1],
    'EPERM',
  ],
  ['annotation alone', recordField('e_raw', 'int32', 0, { annotations: { 'formatters.errno.target': 'why' } }), 'why', [1], 'EPERM'],
])('%s', (_name, field, target, inputs, text) => {
  expect(formula(formatted(field), target, ...inputs)).toEqual({ value: text, written: text });
});

test('a duration and an enum without a plain text have no byte writer', () => {
  const duration = formatted(recordField('took_raw', 'uint64', 0, { types: ['gadget_duration'] }));
  expect(formula(duration, 'took', 1500, 0)).toEqual({ value: '1.50µs', written: undefined });
  const enumeration = { name: 'e', isSet: false, values: [{ name: 'a"b', value: 1n }] };
  expect(formula(formatted(recordField('e_raw', 'uint8', 0, { enumeration })), 'e', 1)).toEqual({ value: 'a"b', written: undefined });
});

test('a raw field without suffix and target stays alone', () => {
  expect(names(formatted(recordField('error', 'uint32', 0, { types: ['gadget_errno'] })).fields)).toEqual(['error']);
});

test('timestamp: wall time as text, epoch nanoseconds as number', () => {
  const dataSource = formatted(recordField('timestamp_raw', 'uint64', 0, { types: ['gadget_timestamp', '__u64'] }));
  expect(names(dataSource.fields)).toEqual(['timestamp_raw (hidden)', 'timestamp (hidden)']);
  const bootNs = 1_750_000_001n;
  const words = [Number(bootNs & 0xffffffffn), Number(bootNs >> 32n)];
  expect(formula(dataSource, 'timestamp_raw', ...words)).toEqual({ value: 1_700_000_002_000_000_001n, written: '1700000002000000001' });
  expect(formula(dataSource, 'timestamp', ...words)).toEqual({
    value: '2023-11-14T22:13:22.000000001Z',
    written: '2023-11-14T22:13:22.000000001Z',
  });
  expect(formula(dataSource, 'timestamp_raw', 0, 0)).toEqual({ value: 0n, written: '0' });
  expect(formula(dataSource, 'timestamp', 0, 0)).toEqual({ value: '', written: '' });
});

test('timestamps after 104 days of uptime are exact', () => {
  const dataSource = formatted(recordField('timestamp_raw', 'uint64', 0, { types: ['gadget_timestamp'] }));
  const bootNs = 2n ** 55n + 12_345n;
  const { value, written } = formula(dataSource, 'timestamp_raw', Number(bootNs & 0xffffffffn), Number(bootNs >> 32n));
  expect(value).toBe(bootNs + host.bootTimeOffsetNs);
  expect(written).toBe(String(value));
});

function endpoint(): Field {
  return recordField('dst', 'struct', 16, {
    size: 32,
    types: ['gadget_l4endpoint_t'],
    children: [
      recordField('addr_raw', 'struct', 16, { size: 16, types: ['gadget_ip_addr_t'], children: [recordField('v4', 'uint32', 16)] }),
      recordField('port', 'uint16', 32),
      recordField('proto_raw', 'uint16', 34),
      recordField('version', 'uint8', 36),
    ],
  });
}

test('an endpoint shows as one column and its parts in JSON', () => {
  const dataSource = formatted(endpoint());
  expect(names(dataSource.fields)).toEqual([
    'dst',
    'dst.addr (hidden)',
    'dst.port (hidden)',
    'dst.proto_raw (hidden)',
    'dst.proto (hidden)',
    'dst.version (hidden)',
    'dst.endpoint (hidden)',
  ]);
  const dst = dataSource.fields[0]!;
  expect(dst.annotations.get('columns.replace')).toBe('dst.endpoint');
  expect(findField(dataSource, 'dst.endpoint')!.annotations.get('json.skip')).toBe('true');
  expect(formula(dataSource, 'dst.endpoint', 443, 0x0100007f, 0, 0, 0, 4)).toEqual({ value: '127.0.0.1:443', written: '127.0.0.1:443' });
  expect(formula(dataSource, 'dst.addr', 0, 0, 0, 0x01000000, 6)).toEqual({ value: '::1', written: '::1' });
  expect(formula(dataSource, 'dst.proto', 6)).toEqual({ value: 'TCP', written: 'TCP' });
});

test('an address without a version beside it', () => {
  const dataSource = formatted(
    recordField('ip', 'struct', 0, { size: 16, types: ['gadget_ip_addr_t'], children: [recordField('v4', 'uint32', 0)] }),
  );
  expect(formula(dataSource, 'ip', 0x0100007f, 0, 0, 0).value).toBe('127.0.0.1');
  expect(formula(dataSource, 'ip', 0, 0, 0, 0x01000000).value).toBe('::1');
});

test('fields in nested structs', () => {
  const creds = recordField('creds', 'struct', 0, {
    size: 8,
    children: [recordField('uid', 'uint32', 0, { types: ['gadget_uid'] }), recordField('gid', 'uint32', 4, { types: ['gadget_gid'] })],
  });
  expect(names(formatted(recordField('proc', 'struct', 0, { size: 8, children: [creds] })).fields)).toEqual([
    'proc',
    'proc.creds',
    'proc.creds.uid',
    'proc.creds.user (hidden)',
    'proc.creds.gid',
    'proc.creds.group (hidden)',
  ]);
});

test('enumerations: the kernel’s values win, a field of the readable name is left alone', () => {
  const enumeration = { name: 'reason', isSet: false, values: [{ name: 'OLD', value: 1n }] };
  const kernel = { ...host, kernelEnumeration: () => ({ ...enumeration, values: [{ name: 'NEW', value: 1n }] }) };
  const dataSource = source([recordField('why_raw', 'uint32', 0, { enumeration })]);
  addFormatters(dataSource, kernel);
  expect(formula(dataSource, 'why', 1)).toEqual({ value: 'NEW', written: 'NEW' });
  const taken = source([recordField('why_raw', 'uint32', 0, { enumeration }), recordField('why', 'uint32', 4)]);
  addFormatters(taken, kernel);
  expect(names(taken.fields)).toEqual(['why_raw', 'why']);
});

test('packed strings become a list under the same name', () => {
  const dataSource = source([
    recordField('args_size', 'uint32', 0),
    recordField('args', 'string', 4, {
      size: 16,
      annotations: { 'formatters.list.separator': 'nul', 'formatters.list.length': 'args_size' },
    }),
  ]);
  addFormatters(dataSource, host);
  const args = findField(dataSource, 'args')!;
  expect([args.kind, args.element?.kind]).toEqual(['list', 'string']);
  expect(formula(dataSource, 'args', Buffer.from('ls\0-l\0\0\0'), 6).value).toEqual(['ls', '-l']);
});

test('stacks', () => {
  const kernel = formatted(recordField('kstack_raw', 'uint32', 0, { types: ['gadget_kernel_stack'] }));
  expect(formula(kernel, 'kstack', 3).value).toBe('schedule; do_exit; ');
  expect(['kstack', 'kstack_raw'].map((name) => findField(kernel, name)!.hidden)).toEqual([false, true]);
  const members = ['major', 'minor', 'base_addr_hash', 'stack_id', 'tgid_level0', 'pid_level0'].map((name, at) =>
    recordField(name, 'uint32', at * 4),
  );
  const user = formatted(
    recordField('ustack_raw', 'struct', 0, {
      size: 72,
      types: ['gadget_user_stack'],
      children: [...members, recordField('inode', 'uint64', 24)],
    }),
  );
  expect(formula(user, 'ustack_raw.addresses', 4, 1, 1, 8, 1, 99n, 5).value).toBe('0x0000000000001234; ');
  expect(formula(user, 'ustack_raw.buildid', 4, 1, 1, 8, 1, 99n, 5).value).toBe('ab +10; ');
  expect(formula(user, 'ustack', 4, 1, 1, 8, 1, 99n, 5).value).toBe('main; ');
  expect(formula(user, 'ustack', 4, 1, 1, 8, 1, 0n, 5).value).toBe('');
});

test('gadget.yaml’s annotations reach fields that formatters make', () => {
  const dataSource = source([recordField('timestamp_raw', 'uint64', 0, { types: ['gadget_timestamp'] })]);
  addFormatters(dataSource, host, new Map([['timestamp', { annotations: new Map([['columns.hidden', 'false']]) }]]));
  expect(findField(dataSource, 'timestamp')!.annotations.get('columns.hidden')).toBe('false');
});
