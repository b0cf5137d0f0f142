/** Consecutive system call numbers: names from `first` on, separated by white space. */
export interface SyscallRun {
  readonly first: number;
  readonly names: string;
}

/** Names by number. */
export function syscallNames(runs: readonly SyscallRun[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const run of runs) {
    let number = run.first;
    for (const name of run.names.trim().split(/\s+/)) names.set(number++, name);
  }
  return names;
}
