import { GadgetError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';

/** Lines of a verifier log that are shown without `-v`. */
const verifierTailLines = 6;

/**
 * An error as the user reads it: one line per cause that adds something, the verifier's last useful lines (all of them when verbose), then the
 * hint. Ends in a newline.
 */
export function renderError(error: unknown, options: { verbose: boolean }): string {
  const causes = [...causesOf(error)];
  const lines = [...compilerOutputOf(error), ...renderCauses(causes)];
  const log = causes.map(verifierLogOf).find((found) => found !== undefined);
  if (log !== undefined && log.length > 0) lines.push(...renderVerifierLog(log, options.verbose));
  const hint = causes.map((cause) => (cause instanceof GadgetError ? cause.hint : undefined)).find((found) => found !== undefined);
  if (hint !== undefined) lines.push(`hint: ${safeText(hint)}`);
  if (options.verbose && !(error instanceof GadgetError) && error instanceof Error && error.stack !== undefined)
    lines.push(...error.stack.split('\n').map(safeText));
  return `${lines.join('\n')}\n`;
}

/** What a compiler said stands before our own words, as it said it. */
function compilerOutputOf(error: unknown): string[] {
  const output = (error as { compilerOutput?: unknown } | undefined)?.compilerOutput;
  return typeof output === 'string' && output !== '' ? output.trimEnd().split('\n').map(safeText) : [];
}

/** What the operating system answered ends the line of what was tried; a cause that the line before already has is left out. */
function renderCauses(causes: readonly unknown[]): string[] {
  const messages: string[] = [];
  for (const cause of causes) {
    const before = messages.at(-1);
    const answer = systemAnswer(cause);
    if (before !== undefined && answer !== undefined) messages[messages.length - 1] = `${withoutCode(before, answer.code)}: ${answer.text}`;
    else if (before === undefined || !before.includes(messageOf(cause))) messages.push(messageOf(cause));
  }
  return messages.map((message, index) => `${index === 0 ? 'error: ' : '  caused by: '}${safeText(message)}`);
}

/** `ENOENT: no such file or directory, open '/x'` of Node.js in parts. */
function systemAnswer(error: unknown): { code: string; text: string } | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const match = /^([A-Z0-9_]+): ([^,]+)/.exec(error.message);
  return match === null ? undefined : { code: match[1]!, text: match[2]! };
}

function withoutCode(message: string, code: string): string {
  return message.endsWith(`: ${code}`) ? message.slice(0, -`: ${code}`.length) : message;
}

function* causesOf(error: unknown): Generator<unknown> {
  const seen = new Set<unknown>();
  for (let cause = error; cause !== undefined && !seen.has(cause); ) {
    seen.add(cause);
    yield cause;
    if (cause instanceof AggregateError) {
      for (const part of cause.errors) yield* causesOf(part);
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function verifierLogOf(error: unknown): readonly string[] | undefined {
  const log = (error as { verifierLog?: unknown } | null)?.verifierLog;
  return Array.isArray(log) ? log : undefined;
}

/** The verifier ends with statistics; what it objects to stands before them. */
function renderVerifierLog(log: readonly string[], verbose: boolean): string[] {
  const useful = verbose
    ? log
    : log.filter((line) => line.trim() !== '' && !/^(processed \d+ insns|verification time|stack depth)/.test(line));
  const shown = verbose ? useful : useful.slice(-verifierTailLines);
  const left = useful.length - shown.length;
  return [
    ...(left > 0 ? [`verifier (last ${shown.length} lines, -v for all):`] : ['verifier:']),
    ...shown.map((line) => `  ${safeText(line)}`),
  ];
}
