import { UsageError } from '../base/errors.ts';

const unitsMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of a duration as users write it: a number of seconds (`5`, `0.5`) or Go's syntax (`500ms`, `1m30s`).
 * Errors: PARAM_INVALID.
 */
export function parseDurationMs(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new UsageError('PARAM_INVALID', `"${text}" is not a duration`, {
      hint: 'write seconds (5) or a number with a unit (500ms, 2s, 1m30s)',
    });
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitsMs[unit!]!, 0);
}
