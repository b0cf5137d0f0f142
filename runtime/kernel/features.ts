import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { missingCapabilities } from './capabilities.ts';
import { native } from './native.ts';
import { type ProgramKind, probeProgramKind, probeRingBuffer } from './probes.ts';
import { tracepointId } from './tracefs.ts';
import type { KernelFeatures, Probe } from './types.ts';

/** The running kernel's abilities. Each is looked at when it is asked for; answers are kept, "unknown" is not. */
export class Features implements KernelFeatures {
  readonly release = release();
  readonly #answers = new Map<string, Probe>();

  get possibleCpus(): number {
    return Math.max(1, native().possibleCpus());
  }

  onlineCpus(): readonly number[] {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
  }

  hasBtf(): boolean {
    return existsSync('/sys/kernel/btf/vmlinux');
  }

  ringBuffer(): Probe {
    return this.#cached('ring buffer', probeRingBuffer);
  }

  programKind(kind: ProgramKind): Probe {
    return this.#cached(kind, () => probeProgramKind(kind));
  }

  missingCapabilities(needed: readonly string[]): readonly string[] {
    return missingCapabilities(needed);
  }

  /** KernelError: KERNEL_FEATURE_MISSING when tracefs is not mounted and cannot be. */
  tracepointExists(category: string, name: string): boolean {
    return tracepointId(category, name) !== undefined;
  }

  bootTimeOffsetNs(): bigint {
    return native().bootTimeOffsetNs();
  }

  #cached(key: string, probe: () => Probe): Probe {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = probe();
    if (answer.supported !== 'unknown') this.#answers.set(key, answer);
    return answer;
  }
}

/** The kernel's list format: `0-3,8`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
