import { UsageError } from '../../base/errors.ts';

/** FILTER_SYNTAX: what is wrong and where, columns counted from 1. `subject` is the option: `--filter-expr`. */
export function filterSyntaxError(subject: string, text: string, offset: number, problem: string, hint?: string): UsageError {
  const column = offset + 1;
  return new UsageError('FILTER_SYNTAX', `${subject} "${text}", column ${column}: ${problem}`, {
    context: { column },
    ...(hint !== undefined && { hint }),
  });
}
