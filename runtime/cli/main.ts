#!/usr/bin/env node
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { exitStatusOf, GadgetError } from '../base/errors.ts';
import { openSink } from '../outputs/sink.ts';
import { usageErrorOf } from './commander-error.ts';
import { configFlag, readConfig } from './config.ts';
import type { CliContext } from './context.ts';
import { noRegistrySettings } from './registry-settings.ts';
import { renderError } from './render-error.ts';
import { reportTo } from './report.ts';
import { StandingStream } from './standing-stream.ts';
import { interruptedStatus, startedStopSignal, stopSignal } from './stop-signal.ts';

type Register = (program: Command, context: CliContext) => void;

/** Every command by name; a command's code is read only when it is called, or when help lists them all. */
const commands: Readonly<Record<string, () => Promise<{ register: Register }>>> = {
  run: () => import('./commands/run.ts'),
  build: () => import('./commands/build.ts'),
  push: () => import('./commands/push.ts'),
  pull: () => import('./commands/pull.ts'),
  image: () => import('./commands/image.ts'),
  login: () => import('./commands/login.ts'),
  logout: () => import('./commands/logout.ts'),
  trust: () => import('./commands/trust.ts'),
  key: () => import('./commands/key.ts'),
  list: () => import('./commands/list.ts'),
  vmlinux: () => import('./commands/vmlinux.ts'),
  version: () => import('./commands/version.ts'),
};

/** Runs the command line; returns the exit status (house rule: errors.ts has the table). */
async function main(argv: readonly string[], context: CliContext): Promise<number> {
  const program = new Command('gadget')
    .description('Package eBPF programs as OCI images and run them anywhere')
    .option('-v, --verbose', 'say more: whole verifier logs, what was left out and why')
    .option('-q, --quiet', 'only errors on stderr: no progress, no warnings')
    .option('--config <file>', 'configuration file, instead of those of the machine and the user')
    .version(packageJson.version, '-V, --version', 'show the version')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {}, // `exitStatus` says it in the form of all our errors
    })
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...command.aliases()].join(', ') })
    .exitOverride()
    .showSuggestionAfterError()
    .on('option:verbose', () => {
      context.verbose = true;
    });
  try {
    await configure(argv, context);
    for (const load of neededCommands(argv)) (await load()).register(program, context);
    for (const command of program.commands) if (command.name() !== 'run') context.applyConfig(command);
    for (const command of allCommands(program)) command.exitOverride().configureOutput(program.configureOutput());
    await program.parseAsync(argv, { from: 'user' });
    return context.exitStatus;
  } catch (error) {
    return exitStatus(error, argv, context);
  }
}

/** What counts before the command is known. Errors: CONFIG_INVALID. */
async function configure(argv: readonly string[], context: CliContext): Promise<void> {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  context.quiet = words.includes('-q') || words.includes('--quiet');
  const path = configFlag(words);
  const config = await readConfig({ path, env: context.env, commands: Object.keys(commands), report: reportTo(context) });
  context.env = config.env;
  context.registries = config.registries;
  context.trust = config.trust;
  context.applyConfig = (command) => config.applyTo(command);
}

/** The command named first, or all when none is (help, a wrong name). */
function neededCommands(argv: readonly string[]) {
  const name = commandName(argv);
  return name === undefined ? Object.values(commands) : [commands[name]!];
}

function commandName(argv: readonly string[]): string | undefined {
  const name = argv.find((word, index) => !word.startsWith('-') && argv[index - 1] !== '--config');
  return name !== undefined && Object.hasOwn(commands, name) ? name : undefined;
}

function* allCommands(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child;
    yield* allCommands(child);
  }
}

function exitStatus(error: unknown, argv: readonly string[], context: CliContext): number {
  // Help and version are "errors" with status 0; commander has printed what there is to say.
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  if (error instanceof CommanderError) return exitStatus(usageErrorOf(error, helpHint(argv)), argv, context);
  const interrupted = interruptedStatus(error);
  if (interrupted !== undefined) {
    context.stderr.write('interrupted\n');
    return interrupted;
  }
  context.stderr.write(renderError(error, { verbose: context.verbose || !(error instanceof GadgetError) }));
  return exitStatusOf(error);
}

function helpHint(argv: readonly string[]): string {
  return `${['gadget', commandName(argv)].filter((word) => word !== undefined).join(' ')} --help shows what there is`;
}

const stderr = new StandingStream(() => openSink('stderr'), { isTTY: isatty(2) });

let outputFailed = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read our words is gone: nothing is wrong with us.
  if (error.code === 'EPIPE') process.exit(0);
  if (outputFailed) return;
  outputFailed = true;
  const why = getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message;
  const failure = new GadgetError('OUTPUT_FAILED', `cannot write the output: ${why}`);
  stderr.write(renderError(failure, { verbose: false }));
  void stderr.end(AbortSignal.abort()).then(() => process.exit(exitStatusOf(failure)));
});

const context: CliContext = {
  stdout: process.stdout,
  stderr,
  env: process.env,
  registries: noRegistrySettings,
  trust: [],
  applyConfig: () => {},
  cwd: process.cwd(),
  get signal() {
    return stopSignal();
  },
  verbose: false,
  quiet: false,
  exitStatus: 0,
};
// Until it is known: a command that ends without saying how has a bug.
process.exitCode = 1;
void main(process.argv.slice(2), context).then((status) => {
  process.exitCode = status;
  return stderr.end(startedStopSignal());
});
