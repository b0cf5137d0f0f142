import { describe, expect, test } from 'vitest';
import { DrainTimer } from '../../runtime/engine/drain-timer.ts';

const capacity = 1 << 20;

/** Waits that follow drains, each `[milliseconds after the last, bytes, more]`. */
function waits(...drains: ReadonlyArray<readonly [after: number, bytes: number, more?: boolean]>): (number | undefined)[] {
  const timer = new DrainTimer(capacity);
  let now = 1000;
  timer.woken(now);
  return drains.map(([after, bytes, more = false]) => {
    now += after;
    return timer.next(now, { bytes, more });
  });
}

describe('the wait until the next drain', () => {
  test.each([
    ['is at once when records are left', waits([0, 4096, true]), [0]],
    ['is as long as nobody notices when little comes', waits([10, 100]), [10]],
    ['is shorter the faster the buffer fills: a quarter of it may', waits([10, capacity / 2]), [5]],
    ['is never shorter than the pause that makes batches', waits([10, capacity * 4]), [1]],
    ['counts from the last drain, not from the start', waits([10, 100], [100, capacity]), [10, 10]],
    ['is a sleep after three empty drains', waits([10, 100], [10, 0], [10, 0], [10, 0]), [10, 10, 10, undefined]],
    [
      'starts over when something came in between',
      waits([10, 0], [10, 0], [10, 1], [10, 0], [10, 0], [10, 0]),
      [10, 10, 10, 10, 10, undefined],
    ],
    ['survives two drains in one moment', waits([0, 100], [0, 100]), [10, 10]],
  ])('%s', (_name, seen, expected) => {
    expect(seen).toEqual(expected);
  });

  test('after a sleep is measured anew', () => {
    const timer = new DrainTimer(capacity);
    for (const now of [10, 20, 30]) timer.next(now, { bytes: 0, more: false });
    timer.woken(100_000);
    // Half of the buffer in 10 ms, not in 100 s.
    expect(timer.next(100_010, { bytes: capacity / 2, more: false })).toBe(5);
    expect(timer.next(100_020, { bytes: 0, more: false })).toBe(10);
  });
});
