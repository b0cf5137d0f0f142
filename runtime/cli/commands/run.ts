import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { executeRun } from './run/execute.ts';

/** `gadget run <image|folder|file.bpf.c> [flags]`: the gadget's params are flags too, so parsing waits until it is known. */
export function register(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('run a gadget: from an image, or straight from its source')
    .usage('<image|folder|file.bpf.c> [flags] [-- command…]')
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions(false)
    .action((_words: string[], _options: unknown, command: Command) => executeRun(rawWords(command), context));
}

/** What stands after `run`, as typed. */
function rawWords(command: Command): string[] {
  const words = (command.parent as Command & { rawArgs: string[] }).rawArgs;
  return words.slice(words.indexOf('run') + 1);
}
