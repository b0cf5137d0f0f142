import type { ProgramSpec } from '../gadget/spec.ts';
import { KernelError } from '../kernel/errors.ts';
import { resolveUprobe, type SymbolReader } from './uprobe-target.ts';

export interface AbsentTarget {
  readonly program: ProgramSpec;
  /** What this machine lacks. */
  readonly why: string;
}

/**
 * The probes of user functions that this machine has no place for, where it has one for others of the same gadget. A gadget for several
 * libraries or their versions works with what is installed; one without any place is left to fail when it is attached.
 */
export function absentTargets(programs: readonly ProgramSpec[], symbols: SymbolReader): AbsentTarget[] {
  const probes = programs.filter(({ kind }) => kind === 'uprobe' || kind === 'uretprobe');
  const absent = probes.flatMap((program) => {
    const why = absence(program.target, symbols);
    return why === undefined ? [] : [{ program, why }];
  });
  return absent.length < probes.length ? absent : [];
}

function absence(target: string, symbols: SymbolReader): string | undefined {
  try {
    resolveUprobe(target, symbols);
    return undefined;
  } catch (error) {
    return error instanceof KernelError && error.code === 'ATTACH_TARGET_MISSING' ? error.message : undefined;
  }
}
