import { expect, test } from 'vitest';
import { compileExpression } from '../../runtime/operators/select/expression/compile.ts';
import { parseFilter } from '../../runtime/operators/select/filter.ts';
import { compilePredicate } from '../../runtime/operators/select/predicate.ts';
import type { Field } from '../../runtime/schema/data-source.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const args: Field = {
  ...recordField('args', 'list', 0, { element: { kind: 'string', stride: 0, count: 0, children: [] } }),
  origin: { from: 'formula', inputs: [], evaluate: () => ['nginx', '-g', 'daemon off;'] },
};
const address: Field = { ...recordField('addr', 'string', 0), origin: { from: 'formula', inputs: [], evaluate: () => '10.1.2.3' } };
const dataSource = source([
  recordField('pid', 'uint32', 0),
  recordField('ret', 'int32', 4),
  recordField('inode', 'uint64', 8),
  recordField('delta', 'int64', 16),
  recordField('comm', 'string', 24, { size: 8 }),
  recordField('ok', 'bool', 32),
  recordField('ratio', 'float64', 40),
  recordField('proc', 'struct', 48, { size: 8, children: [recordField('tid', 'uint32', 48)] }),
  recordField('ports', 'list', 56, { size: 8, element: { kind: 'uint16', stride: 2, count: 4, children: [] } }),
  args,
  recordField('src', 'struct', 0, { size: 8, children: [address], annotations: { 'columns.replace': 'src.addr' } }),
]);
const batch = batchOf(
  record(64, (bytes) => {
    bytes.writeUInt32LE(1234, 0);
    bytes.writeInt32LE(-2, 4);
    bytes.writeBigUInt64LE(2n ** 63n + 1n, 8);
    bytes.writeBigInt64LE(-(2n ** 40n) - 5n, 16);
    bytes.write('ba,shöx', 24);
    bytes[32] = 1;
    bytes.writeDoubleLE(1.5, 40);
    bytes.writeUInt32LE(77, 48);
    for (const [index, port] of [80, 443, 0, 65535].entries()) bytes.writeUInt16LE(port, 56 + index * 2);
  }),
);

const filter = (text: string) => compilePredicate(parseFilter(text, dataSource))?.(batch, 0);

test.each([
  ['pid==1234', true],
  ['pid=1234', true],
  ['pid!=1234', false],
  ['pid>=1234,pid<1235', true],
  ['pid>1234', false],
  ['pid==0x4d2', true],
  ['ret==-2', true],
  ['ret<0', true],
  ['inode==9223372036854775809', true],
  ['inode==9223372036854775808', false],
  ['inode>9223372036854775808', true],
  ['inode<=9223372036854775809', true],
  ['inode<5', false],
  ['delta==-1099511627781', true],
  ['delta<-1099511627780', true],
  ['delta>=-1099511627781', true],
  ['delta>-1099511627781', false],
  ['delta<0', true],
  ['comm==ba\\,shöx', true],
  ['comm==ba\\,sh', false],
  ['comm!=ba', true],
  ['comm==', false],
  ['comm~^ba.*x$', true],
  ['comm!~sh', false],
  ['comm>aa', true],
  ['ok==true', true],
  ['ok!=true', false],
  ['ratio>1.25', true],
  ['proc.tid==77', true],
  ['PID==1234', true],
  ['args~daemon off', true],
  ['args==nginx -g daemon off;', true],
  ['src==10.1.2.3', true],
  ['src.addr~^10\\.', true],
  ['comm~(ba|sh),pid==1', false],
])('--filter %s', (text, expected) => expect(filter(text)).toBe(expected));

test('nothing asked is no predicate', () => expect(filter('')).toBeUndefined());

test.each([
  ['nonsense', 'FILTER_SYNTAX'],
  ['pid==1,whatever', 'FILTER_SYNTAX'],
  ['pidd==1', 'UNKNOWN_FIELD'],
  ['pid==abc', 'FILTER_SYNTAX'],
  ['pid==4294967296', 'FILTER_SYNTAX'],
  ['pid==-1', 'FILTER_SYNTAX'],
  ['pid~1', 'FILTER_SYNTAX'],
  ['ok>true', 'FILTER_SYNTAX'],
  ['ok==yes', 'FILTER_SYNTAX'],
  ['ratio==x', 'FILTER_SYNTAX'],
  ['comm~(', 'FILTER_SYNTAX'],
  ['proc==1', 'FILTER_SYNTAX'],
  ['ports==1', 'FILTER_SYNTAX'],
])('--filter %s is %s', (text, code) => expect(() => filter(text)).toThrow(expect.objectContaining({ code })));

const expression = (text: string) => compileExpression(text, dataSource)(batch, 0);

test.each([
  ['com', 'did you mean comm?'],
  ['tid', 'did you mean proc.tid?'],
  ['TID', 'did you mean proc.tid?'],
  ['tidd', 'did you mean proc.tid?'],
  ['adr', 'did you mean src.addr?'],
  ['prco.tid', 'did you mean proc.tid?'],
  ['task.proc.tid', expect.stringMatching(/^fields are pid, ret, /)],
  ['zzzzzz', expect.stringMatching(/^fields are pid, ret, /)],
])('unknown field %s comes with a hint', (name, hint) => {
  expect(() => filter(`${name}==1`)).toThrow(expect.objectContaining({ code: 'UNKNOWN_FIELD', hint }));
  expect(() => expression(`${name} == 1`)).toThrow(expect.objectContaining({ code: 'UNKNOWN_FIELD', hint }));
});

test.each([
  ['pid == 1234', true],
  ['pid == 1234 and ret == -2', true],
  ['pid == 1 || not (ret == 1)', true],
  ['!ok or pid < 5', false],
  ['pid * 2 + 1 == 2469', true],
  ['pid % 10 == 4 && pid / 8 == 154.25', true],
  ['2 ** 3 ** 2 == 512', true],
  ['-2 ** 2 == -4', true],
  ['inode == 9223372036854775809', true],
  ['inode == 9223372036854775808', false],
  ['inode - 1 == 9223372036854775808', true],
  ['inode * 4 == 36893488147419103236', true],
  ['delta == -1099511627781', true],
  ['9007199254740993 == 9007199254740992', false],
  ['pid in 1000..2000', true],
  ['pid not in 1..5', true],
  ['pid in [1, 1234]', true],
  ['comm in ["a", "ba,shöx"]', true],
  ['inode in [9223372036854775809]', true],
  ['comm contains "sh" and comm startsWith "ba" and comm endsWith "x"', true],
  ['comm not contains "sh"', false],
  ['comm matches "^ba.sh"', true],
  ['not (comm matches `\\d`)', true],
  ['len(comm) == 7', true],
  ['len(args) == 3 && args[0] == "nginx" && args[-1] endsWith ";"', true],
  ['args[7] == "x"', false],
  ['(args[7] ?? "none") == "none"', true],
  ['args[7] == nil', true],
  ['any(args, # startsWith "-")', true],
  ['all(ports, {# > 0})', false],
  ['none(ports, # == 22)', true],
  ['any(args, any(ports, # == 443))', true],
  ['"-g" in args', true],
  ['args contains "-g"', true],
  ['args contains "-x"', false],
  ['443 in ports', true],
  ['proc.tid == 77', true],
  ['src.addr in cidr("10.0.0.0/8", "fd00::/8")', true],
  ['src in cidr("192.168.0.0/16")', false],
  ['CidrMatches(src.addr, cidr("10.1.2.3"))', true],
  ['"::ffff:10.1.2.3" in cidr("10.0.0.0/8")', true],
  ['"2001:db8::1" in cidr("2001:db8::/32")', true],
  ['ok ? pid == 1234 : false', true],
  ['ratio == 1.5 and ratio in 1..2', false],
  ["comm == 'ba,sh\\u00f6x'", true],
  ['pid % 0 == 1', false],
  ['1_000 < pid', true],
  ['"a" + "b" == "ab"', true],
  ['0x4d2 == pid', true],
])('--filter-expr %s', (text, expected) => expect(expression(text)).toBe(expected));

test.each([
  ['', 1],
  ['pid', 1],
  ['pid ==', 7],
  ['pid == "a"', 5],
  ['pid = 1', 5],
  ['pid == 1 )', 10],
  ['"abc', 1],
  ['comm matches "("', 1],
  ['comm matches comm', 14],
  ['upper(comm) == "A"', 1],
  ['len(pid) == 1', 5],
  ['pid and true', 1],
  ['1..5', 2],
  ['# == 1', 1],
  ['any(args, #)', 11],
  ['comm in cidr("10.0.0.0/33")', 14],
  ['["a", 1] == nil', 7],
  ['pid[0] == 1', 4],
  ['comm + 1 == "a"', 8],
  ['ratio % 2 == 1', 1],
  ['pid | 1', 5],
  [`${'('.repeat(300)}1`, 101],
  ['constructor.constructor("return 1")() == 1', 24],
  ['ok ? 1 : "a"', 4],
])('--filter-expr %s is refused at column %d', (text, column) => {
  expect(() => expression(text)).toThrow(expect.objectContaining({ code: 'FILTER_SYNTAX', context: { column } }));
});

test.each(['comma == "x"', 'proc.nope == 1', 'args.x == 1', 'constructor == 1', '__proto__ == 1'])(
  '--filter-expr %s names no field',
  (text) => {
    expect(() => expression(text)).toThrow(expect.objectContaining({ code: 'UNKNOWN_FIELD' }));
  },
);

test('filter and expression together', () => {
  const both = compilePredicate(parseFilter('pid==1234', dataSource), compileExpression('ret == 5', dataSource));
  expect(both?.(batch, 0)).toBe(false);
});
