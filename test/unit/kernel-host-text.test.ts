import { describe, expect, it } from 'vitest';
import { lackingCapabilities, parseEffectiveCapabilities } from '../../runtime/kernel/capabilities.ts';
import { errnoName } from '../../runtime/kernel/failure.ts';
import { parseCpuList } from '../../runtime/kernel/features.ts';

describe('parseCpuList', () => {
  it.each([
    ['0\n', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0-1,4,8-9\n', [0, 1, 4, 8, 9]],
    ['\n', []],
  ])('%j', (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });
});

describe('lackingCapabilities', () => {
  const bit = (...numbers: number[]): bigint => numbers.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);

  it.each([
    ['all there', bit(38, 39), ['CAP_BPF', 'CAP_PERFMON'], []],
    ['one missing', bit(39), ['CAP_BPF', 'CAP_PERFMON'], ['CAP_PERFMON']],
    ['CAP_SYS_ADMIN covers what was split from it', bit(21), ['CAP_BPF', 'CAP_PERFMON'], []],
    ['but not others', bit(21), ['CAP_NET_ADMIN'], ['CAP_NET_ADMIN']],
    ['an unknown name', bit(21, 38, 39), ['CAP_NO_SUCH'], ['CAP_NO_SUCH']],
  ])('%s', (_, effective, needed, expected) => {
    expect(lackingCapabilities(effective, needed)).toEqual(expected);
  });

  it('reads the mask of a status file', () => {
    expect(parseEffectiveCapabilities('Name:\tx\nCapPrm:\tff\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n')).toBe(0x1fffeffffffn);
    expect(parseEffectiveCapabilities('Name:\tx\n')).toBe(0n);
  });
});

describe('errnoName', () => {
  it.each([
    [2, 'ENOENT'],
    [524, 'ENOTSUPP'],
    [99_999, 'errno 99999'],
  ])('%i is %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });
});
