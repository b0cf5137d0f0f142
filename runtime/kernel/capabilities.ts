import { readFileSync } from 'node:fs';

/** Bit numbers of linux/capability.h, as far as BPF has to do with them. */
const capabilityBits: Readonly<Record<string, number>> = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
};

/** Before Linux 5.8 CAP_SYS_ADMIN was asked for these, and it still is enough. */
const coveredBySysAdmin = new Set(['CAP_BPF', 'CAP_PERFMON', 'CAP_SYSLOG']);

/** The effective capabilities in the text of a /proc/PID/status; 0n when it names none. */
export function parseEffectiveCapabilities(status: string): bigint {
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return match === null ? 0n : BigInt(`0x${match[1]}`);
}

/** Those of `needed` that `effective` lacks; unknown names count as missing. */
export function lackingCapabilities(effective: bigint, needed: readonly string[]): readonly string[] {
  const has = (name: string): boolean => {
    const bit = capabilityBits[name];
    return bit !== undefined && ((effective >> BigInt(bit)) & 1n) === 1n;
  };
  return needed.filter((name) => !has(name) && !(coveredBySysAdmin.has(name) && has('CAP_SYS_ADMIN')));
}

/** Those of `needed` that this process lacks. */
export function missingCapabilities(needed: readonly string[]): readonly string[] {
  return lackingCapabilities(parseEffectiveCapabilities(readFileSync('/proc/self/status', 'utf8')), needed);
}
