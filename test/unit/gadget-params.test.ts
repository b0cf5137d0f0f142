import { describe, expect, it } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { decodeParam, encodeParam, refuseUnavailable } from '../../runtime/gadget/params.ts';
import type { ParamKind } from '../../runtime/gadget/spec.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('encodeParam', () => {
  it.each<[ParamKind, number, string, string]>([
    ['bool', 1, 'true', '01'],
    ['bool', 1, 'Off', '00'],
    ['uint8', 1, '255', 'ff'],
    ['int8', 1, '-128', '80'],
    ['int16', 2, '-2', 'feff'],
    ['uint16', 2, '0xfffe', 'feff'],
    ['uint32', 4, '4294967295', 'ffffffff'],
    ['int32', 4, '+7', '07000000'],
    ['uint64', 8, '18446744073709551615', 'ffffffffffffffff'],
    ['int64', 8, '-9223372036854775808', '0000000000000080'],
    ['float32', 4, '0.5', '0000003f'],
    ['float64', 8, '-1', '000000000000f0bf'],
    ['string', 4, 'abcd', '61626364'],
    ['string', 4, 'é', 'c3a90000'],
    ['ip', 32, '10.0.0.1', `0a000001${'00'.repeat(12)}04${'00'.repeat(15)}`],
    ['ip', 20, '::1', `${'00'.repeat(15)}0106000000`],
    ['ip', 20, 'fe80::1:2', `fe80${'00'.repeat(10)}0001000206000000`],
    ['ip', 20, '::ffff:1.2.3.4', `${'00'.repeat(10)}ffff0102030406000000`],
    ['ip', 20, '', '00'.repeat(20)],
  ])('%s of %d bytes: %j', (kind, size, text, expected) => {
    expect(hex(encodeParam({ key: 'p', kind, size }, text))).toBe(expected);
  });

  it.each<[ParamKind, number, string]>([
    ['bool', 1, 'maybe'],
    ['bool', 1, 'constructor'],
    ['uint8', 1, '256'],
    ['uint8', 1, '-1'],
    ['int8', 1, '128'],
    ['int32', 4, '1.5'],
    ['int32', 4, ''],
    ['int32', 4, '1e3'],
    ['uint64', 8, '18446744073709551616'],
    ['uint64', 8, '9'.repeat(100_000)],
    ['float32', 4, '1e39'],
    ['float64', 8, ''],
    ['string', 4, 'abcde'],
    ['string', 4, 'a\0b'],
    ['ip', 32, '10.0.0'],
    ['ip', 32, 'fe80::1%eth0'],
    ['unknown', 4, '1'],
  ])('refuses %s of %d bytes: %j', (kind, size, text) => {
    let error: unknown;
    try {
      encodeParam({ key: 'p', kind, size }, text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(GadgetError);
    expect(error).toMatchObject({ code: 'PARAM_INVALID', message: expect.stringContaining('--p') });
    expect((error as GadgetError).hint ?? '').not.toBe('');
  });

  it.each<[ParamKind, number, string]>([
    ['bool', 1, 'true'],
    ['int8', 1, '-1'],
    ['uint64', 8, '18446744073709551615'],
    ['float64', 8, '0.25'],
    ['string', 8, 'bash'],
    ['ip', 32, '192.0.2.1'],
    ['ip', 32, '2001:db8:0:0:0:0:0:1'],
  ])('is undone by decodeParam: %s of %d bytes, %s', (kind, size, text) => {
    expect(decodeParam(kind, encodeParam({ key: 'p', kind, size }, text))).toBe(text);
  });
});

const object = await compileBpf(`#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/macros.h>
#include <gadget/types.h>
typedef enum { A = 1 } choice;
const volatile gadget_uid targ_uid = (gadget_uid)-1;
GADGET_PARAM(targ_uid);
const volatile __u32 targ_pid = 0;
GADGET_PARAM(targ_pid);
const volatile gadget_comm targ_comm[TASK_COMM_LEN] = "init";
GADGET_PARAM(targ_comm);
const volatile char letter = -3;
GADGET_PARAM(letter);
const volatile struct gadget_l3endpoint_t address = {};
GADGET_PARAM(address);
const volatile double ratio = 0.5;
GADGET_PARAM(ratio);
const volatile choice mode = A;
GADGET_PARAM(mode);
const volatile __u64 limit = 1ULL << 63;
GADGET_PARAM(limit);
int plain = 3;
`);

describe('params of an object', () => {
  const spec = specFromParts(
    {
      name: 'g',
      architecture: 'amd64',
      object,
      metadataText:
        'params: {ebpf: {limit: {key: most, defaultValue: 5, description: how many}}}\nparamDefaults: {operator.oci.ebpf.Letter: "9"}',
    },
    () => {},
  );
  const params = new Map(spec.params.map((param) => [param.variable, param]));

  it.each([
    ['targ_uid', { key: 'uid', kind: 'uint32', size: 4, defaultValue: '4294967295', description: expect.stringMatching(/user id/) }],
    // Well known by name and type: this one has another type.
    ['targ_pid', { key: 'targ_pid', kind: 'uint32', defaultValue: '0', description: '' }],
    ['targ_comm', { key: 'comm', kind: 'string', size: 16, defaultValue: 'init' }],
    ['address', { kind: 'ip', size: 32, defaultValue: '' }],
    ['ratio', { kind: 'float64', defaultValue: '0.5' }],
    ['mode', { kind: 'uint32', defaultValue: '1' }],
    ['limit', { key: 'most', kind: 'uint64', defaultValue: '5', defaultIsFromMetadata: true, description: 'how many' }],
    ['letter', { kind: 'int8', defaultValue: '9', defaultIsFromMetadata: true }],
  ])('%s', (variable, expected) => {
    expect(params.get(variable)).toMatchObject(expected);
  });

  it('lists them in the order of the source, and only variables that can be set', () => {
    expect([...params.keys()]).toEqual(['targ_uid', 'targ_pid', 'targ_comm', 'letter', 'address', 'ratio', 'mode', 'limit']);
    expect(spec.variables.has('limit')).toBe(true);
    expect(spec.variables.has('plain')).toBe(false);
  });
});

const filtered = await compileBpf(`#include <vmlinux.h>
#include <gadget/filter.h>
const volatile __u32 wanted = 0;
GADGET_PARAM(wanted);
const volatile __u32 other = 0;
GADGET_PARAM(other);
SEC("tracepoint/syscalls/sys_enter_execve") int f(void *ctx) { return gadget_should_discard_data_current() + wanted + other; }
`);

describe('keys of params', () => {
  const keys = (metadataText: string) => {
    const { params } = specFromParts({ name: 'g', architecture: 'amd64', object: filtered, metadataText }, () => {});
    return Object.fromEntries(params.map(({ variable, key }) => [variable, key]));
  };

  it('has its short one from the header when nothing else does', () => {
    expect(keys('')).toMatchObject({ targ_pid: 'pid', wanted: 'wanted' });
  });

  it('leaves a short one to the param that gadget.yaml gives it', () => {
    expect(keys('params: {ebpf: {wanted: {key: pid}}}')).toMatchObject({ targ_pid: 'targ_pid', wanted: 'pid' });
  });

  it.each(['params: {ebpf: {wanted: {key: same}, other: {key: Same}}}', 'params: {ebpf: {wanted: {key: other}}}'])(
    'refuses two alike: %s',
    (text) => {
      expect(() => keys(text)).toThrow(/wanted and other.*have the key/);
    },
  );
});

const stacked = await compileBpf(`#include <vmlinux.h>
#include <gadget/user_stack_map.h>
SEC("kprobe/f") int f(struct pt_regs *ctx) {
	struct gadget_user_stack stack;
	gadget_get_user_stack(ctx, &stack);
	return stack.stack_id + ig_build_id_max_entries;
}
`);

describe('params of user stacks', () => {
  const paramsOf = (metadataText: string) =>
    specFromParts({ name: 'g', architecture: 'amd64', object: stacked, metadataText }, () => {}).params;
  const renamed = 'params: {ebpf: {collect_otel_stack: {key: scripts}}}';
  const byDefault = 'params: {ebpf: {collect_otel_stack: {defaultValue: true}}}';

  it('all have a description', () => {
    expect(paramsOf('').map(({ key, description }) => [key, description])).toEqual([
      ['collect-ustack', expect.stringMatching(/user stack/)],
      ['collect-build-id', expect.stringMatching(/build ids/)],
      ['collect-otel-stack', expect.stringMatching(/not available/)],
      ['ig_build_id_max_entries', expect.stringMatching(/build ids/)],
    ]);
  });

  it.each<[metadata: string, values: Record<string, string>]>([
    ['', {}],
    ['', { 'collect-ustack': 'true', 'collect-otel-stack': 'false' }],
    [byDefault, { 'collect-otel-stack': '0' }],
  ])('what is off is not refused: %j %j', (metadata, values) => {
    expect(() => refuseUnavailable(paramsOf(metadata), new Map(Object.entries(values)))).not.toThrow();
  });

  it.each<[metadata: string, values: Record<string, string>, key: string]>([
    ['', { 'collect-otel-stack': 'true' }, 'collect-otel-stack'],
    ['', { 'collect-otel-stack': '1' }, 'collect-otel-stack'],
    [renamed, { scripts: 'on' }, 'scripts'],
    [byDefault, {}, 'collect-otel-stack'],
  ])('stacks of interpreted languages are refused: %j %j', (metadata, values, key) => {
    expect(() => refuseUnavailable(paramsOf(metadata), new Map(Object.entries(values)))).toThrow(
      expect.objectContaining({
        code: 'PARAM_INVALID',
        message: `--${key}: stacks of interpreted languages are not available`,
        hint: expect.stringContaining(`--${key}=false`),
      }),
    );
  });
});
