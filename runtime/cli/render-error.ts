import { GadgetError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';

/** Lines of a verifier log that are shown without `-v`. */
const verifierTailLines = 6;

/**
 * An error as the user reads it: one line per cause, the verifier's last useful lines (all of them when verbose), then the hint.
 * Ends in a newline.
 */
export function renderError(error: unknown, options: { verbose: boolean }): string {
  const lines: string[] = compilerOutputOf(error);
  let hint: string | undefined;
  let log: readonly string[] | undefined;
  let prefix = 'error: ';
  for (const cause of causesOf(error)) {
    lines.push(`${prefix}${safeText(messageOf(cause))}`);
    prefix = '  caused by: ';
    if (cause instanceof GadgetError && cause.hint !== undefined) hint ??= cause.hint;
    log ??= verifierLogOf(cause);
  }
  if (log !== undefined && log.length > 0) lines.push(...renderVerifierLog(log, options.verbose));
  if (hint !== undefined) lines.push(`hint: ${safeText(hint)}`);
  if (options.verbose && !(error instanceof GadgetError) && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  return `${lines.join('\n')}\n`;
}

/** What a compiler said stands before our own words, as it said it. */
function compilerOutputOf(error: unknown): string[] {
  const output = (error as { compilerOutput?: unknown } | undefined)?.compilerOutput;
  return typeof output === 'string' && output !== '' ? output.trimEnd().split('\n').map(safeText) : [];
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
  const log = (error as { verifierLog?: unknown }).verifierLog;
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
