import { CommanderError } from 'commander';
import { UsageError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';
import { usageErrorOf } from '../../commander-error.ts';
import type { CliContext } from '../../context.ts';
import { paramValues, type RunFlags, runCommand, splitWords } from './flags.ts';
import { runOnce } from './run-once.ts';
import { isSource, loadTarget } from './target.ts';
import { checkCommand } from './traced-command.ts';
import { watchAndRun } from './watch.ts';

/** `gadget run` with the words after it. Errors: whatever loading, configuring or running throws. */
export async function executeRun(words: readonly string[], context: CliContext): Promise<void> {
  const { target, flags, command } = splitWords(words);
  if (target === undefined) return helpOrMissingTarget(flags, context);
  if (flags.includes('-v') || flags.includes('--verbose')) context.verbose = true;
  if (command !== undefined) checkCommand(command, context.env['PATH'] ?? '');
  const wantsWatch = flags.includes('--watch');
  if (wantsWatch && !isSource(target)) throw new UsageError('USAGE', '--watch needs a folder or a .bpf.c file: images do not change');
  if (wantsWatch && !wantsHelp(flags)) return watchAndRun({ target, flags, command, context });
  const spec = await loadTarget(target, clangOf(flags), context);
  const parsed = parseFlags(spec, flags, context);
  if (parsed === undefined) return;
  await runOnce({ spec, ...parsed, command, context, signal: context.signal });
}

/** The flags of a known gadget; undefined when help was asked for and has been printed. */
export function parseFlags(spec: Parameters<typeof runCommand>[0] & {}, flags: readonly string[], context: CliContext) {
  const command = configured(runCommand(spec), context);
  try {
    command.parse(flags, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error instanceof CommanderError ? usageErrorOf(error, `gadget run ${spec.name} --help lists the flags`) : error;
  }
  if (command.args.length > 0)
    throw new UsageError('USAGE', `unexpected word "${safeText(command.args[0]!)}"`, { hint: 'one gadget is run at a time' });
  const options = command.opts() as RunFlags;
  if (options.quiet === true) context.quiet = true;
  return { flags: options, params: paramValues(command, spec) };
}

function configured(command: ReturnType<typeof runCommand>, context: CliContext) {
  return command
    .exitOverride()
    .showSuggestionAfterError()
    .allowExcessArguments()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => {} });
}

function wantsHelp(flags: readonly string[]): boolean {
  return flags.includes('--help') || flags.includes('-h');
}

function helpOrMissingTarget(flags: readonly string[], context: CliContext): void {
  if (!wantsHelp(flags))
    throw new UsageError('USAGE', 'which gadget?', { hint: 'gadget run <image|folder|file.bpf.c>; gadget list shows those at hand' });
  context.stdout.write(runCommand(undefined).helpInformation());
}

/** `--clang PROGRAM` or `--clang=PROGRAM`: needed before the other flags can be read. */
export function clangOf(flags: readonly string[]): string | undefined {
  const index = flags.findIndex((flag) => flag === '--clang' || flag.startsWith('--clang='));
  if (index < 0) return undefined;
  return flags[index] === '--clang' ? flags[index + 1] : flags[index]!.slice('--clang='.length);
}
