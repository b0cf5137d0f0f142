import type { CommanderError } from 'commander';
import { type ErrorCode, type GadgetError, UsageError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  'commander.unknownOption': 'UNKNOWN_FLAG',
  'commander.invalidArgument': 'PARAM_INVALID',
};

/** What commander finds wrong in our own words: `hint` is what it has no suggestion for. Errors have the codes UNKNOWN_FLAG, PARAM_INVALID or USAGE. */
export function usageErrorOf(error: CommanderError, hint: string): GadgetError {
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const invalid = /^(option|command-argument) '(.*)' argument '([\s\S]*)' is invalid\. ([\s\S]*)$/.exec(first);
  const message = invalid === null ? reworded(first) : `${invalidValue(flagName(invalid[2]!), invalid[3]!)}`;
  return new UsageError(codes[error.code] ?? 'USAGE', safeText(message), {
    hint: suggestion === undefined ? (invalid?.[4] ?? hint) : lowerFirst(suggestion.replace(/^\(|\)$/g, '')),
  });
}

function invalidValue(flag: string, value: string): string {
  return `${flag}: "${value}" cannot be used`;
}

/** `-t, --timeout <duration>` → `--timeout`. */
function flagName(flags: string): string {
  return /--[\w.-]+/.exec(flags)?.[0] ?? flags;
}

function reworded(message: string): string {
  const missing = /^option '(.*)' argument missing$/.exec(message);
  if (missing !== null) return `${flagName(missing[1]!)} needs a value`;
  const unknown = /^unknown (option|command) '([\s\S]*)'$/.exec(message);
  if (unknown !== null) return `there is no ${unknown[1] === 'option' ? 'flag' : 'command'} ${unknown[2]}`;
  const argument = /^missing required argument '(.*)'$/.exec(message);
  if (argument !== null) return `<${argument[1]}> is missing`;
  const excess = /^too many arguments(?: for '(.*)')?\. Expected (\d+) arguments? but got (\d+)\.?$/.exec(message);
  if (excess !== null)
    return `${excess[1] ?? 'the command'} takes ${excess[2] === '0' ? 'no arguments' : `at most ${excess[2]}`}, not ${excess[3]}`;
  return message;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
