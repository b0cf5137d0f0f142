import { readFileSync } from 'node:fs';

/** Kernel addresses are in the upper half: as a distance from here they are exact in a double. */
const kernelBase = 0xffff_0000_0000_0000n;

/** Kernel function names by address. */
export interface KernelSymbols {
  /** `name`, or `0x…` when no function is known at that address. */
  nameAt(address: bigint): string;
}

/**
 * The running kernel's functions from the text of /proc/kallsyms: lines of address, type, name, and `[module]` for modules' functions.
 * Where addresses are hidden (all zero) every name is unknown.
 */
export function parseKernelSymbols(text: string): KernelSymbols {
  const entries: { address: number; name: string }[] = [];
  for (const line of text.split('\n')) {
    const kind = line.charCodeAt(17) | 0x20; // t, T, w, W: code
    if (kind !== 0x74 && kind !== 0x77) continue;
    const address = offsetOf(BigInt(`0x${line.slice(0, 16)}`));
    if (address !== undefined) entries.push({ address, name: line.slice(19).replace('\t', ' ') });
  }
  entries.sort((a, b) => a.address - b.address);
  return {
    nameAt(address) {
      const wanted = offsetOf(address);
      const index = wanted === undefined ? -1 : lastNotAbove(entries, wanted);
      return entries[index]?.name ?? `0x${address.toString(16)}`;
    },
  };
}

function offsetOf(address: bigint): number | undefined {
  return address < kernelBase ? undefined : Number(address - kernelBase);
}

/** Index of the last entry whose address is not above `wanted`; -1 when all are. */
function lastNotAbove(entries: readonly { address: number }[], wanted: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.address <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The symbols of the kernel that is running, read when the first is asked for. */
export function runningKernelSymbols(path = '/proc/kallsyms'): KernelSymbols {
  let symbols: KernelSymbols | undefined;
  return {
    nameAt(address) {
      symbols ??= parseKernelSymbols(readOrEmpty(path));
      return symbols.nameAt(address);
    },
  };
}

/** No kallsyms (it is optional in a kernel, and may be refused): addresses stay numbers. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
