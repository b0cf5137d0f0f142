import { describe, expect, test } from 'vitest';
import { parseDurationMs } from '../../runtime/engine/durations.ts';

describe('a duration in milliseconds', () => {
  test.each([
    ['5', 5000],
    ['0.5', 500],
    ['0', 0],
    ['5s', 5000],
    ['500ms', 500],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['1000us', 1],
    ['1000µs', 1],
    ['1000000ns', 1],
  ])('%j is %d', (text, ms) => expect(parseDurationMs(text)).toBeCloseTo(ms, 9));

  test.each(['', ' ', 's', '5 s', '-1', '5x', '1h2', '.5s', '5.', '1e3', 'soon', '٣s'])('%j is none', (text) => {
    expect(() => parseDurationMs(text)).toThrow(
      expect.objectContaining({ code: 'PARAM_INVALID', message: `"${text}" is not a duration`, hint: expect.stringContaining('500ms') }),
    );
  });
});
