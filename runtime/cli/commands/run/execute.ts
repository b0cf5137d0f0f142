import { type Command, CommanderError } from 'commander';
import { UsageError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { createKernel } from '../../../kernel/kernel.ts';
import { usageErrorOf } from '../../commander-error.ts';
import type { CliContext } from '../../context.ts';
import { paramValues, type RunFlags, runCommand, splitWords } from './flags.ts';
import { checkPrivileges } from './privileges.ts';
import { runOnce } from './run-once.ts';
import { isSource, loadTarget } from './target.ts';
import { checkCommand } from './traced-command.ts';
import { watchAndRun } from './watch.ts';

/** `gadget run` with the words after it. Errors: whatever loading, configuring or running throws. */
export async function executeRun(words: readonly string[], context: CliContext): Promise<void> {
  const { target, flags, command } = splitWords(words);
  if (target === undefined) return helpOrMissingTarget(flags, context);
  const own = readOwnFlags(flags, context);
  const { watch, color } = own;
  if (command !== undefined) checkCommand(command, context.env['PATH'] ?? '');
  if (watch && !isSource(target)) throw new UsageError('USAGE', '--watch needs a folder or a .bpf.c file: images do not change');
  // Before a build or a look into the store, whose failures would hide what matters more.
  if (!wantsHelp(flags)) checkPrivileges(createKernel());
  if (watch && !wantsHelp(flags)) return watchAndRun({ target, flags, own, color, command, context });
  const { spec, kernelBtf } = await loadTarget(target, { flags: own, signal: context.signal }, context);
  const parsed = parseFlags(spec, flags, context);
  if (parsed === undefined) return;
  await runOnce({ spec, kernelBtf, ...parsed, command, context, signal: context.signal });
}

/** The flags that do not depend on the gadget, before it is known. Errors: CONFIG_INVALID, and what is wrong with a flag. */
function readOwnFlags(flags: readonly string[], context: CliContext): RunFlags {
  const command = runCommand(undefined, context.applyConfig).helpOption(false).allowUnknownOption();
  const own = parse(command, flags, 'IMAGE', context);
  context.verbose ||= own.verbose === true;
  context.quiet ||= own.quiet === true;
  return own;
}

/** The flags of a known gadget; undefined when help was asked for and has been printed. */
export function parseFlags(spec: GadgetSpec, flags: readonly string[], context: CliContext) {
  const command = runCommand(spec, context.applyConfig);
  try {
    const own = parse(command, flags, spec.name, context);
    if (command.args.length > 0)
      throw new UsageError('USAGE', `unexpected word "${safeText(command.args[0]!)}"`, { hint: 'one gadget is run at a time' });
    return { flags: own, params: paramValues(command, spec) };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error;
  }
}

function parse(command: Command, flags: readonly string[], gadget: string, context: CliContext): RunFlags {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .allowExcessArguments()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => {} });
  try {
    return command.parse(flags, { from: 'user' }).opts() as RunFlags;
  } catch (error) {
    const isRefusal = error instanceof CommanderError && error.exitCode !== 0;
    throw isRefusal ? usageErrorOf(error, `gadget run ${gadget} --help lists the flags`) : error;
  }
}

function wantsHelp(flags: readonly string[]): boolean {
  return flags.includes('--help') || flags.includes('-h');
}

function helpOrMissingTarget(flags: readonly string[], context: CliContext): void {
  if (!wantsHelp(flags))
    throw new UsageError('USAGE', 'which gadget?', { hint: 'gadget run <image|folder|file.bpf.c>; gadget list shows those at hand' });
  context.stdout.write(runCommand(undefined, () => {}).helpInformation());
}
