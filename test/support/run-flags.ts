import { type RunFlags, runCommand } from '../../runtime/cli/commands/run/flags.ts';

/** The flags of a `gadget run` on whose command line only `given` stood. */
export function runFlags(given: Partial<RunFlags>): RunFlags {
  return { ...runCommand(undefined, () => {}).opts<RunFlags>(), ...given };
}
