import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { firstAbort } from '../../runtime/base/first-abort.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Resolves when the signal aborts within the time; as the caller of a run would, it holds a listener only. */
function aborts(signal: AbortSignal, withinMs: number): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true);
  const ended = new Promise<boolean>((resolve) => signal.addEventListener('abort', () => resolve(true), { once: true }));
  return Promise.race([ended, wait(withinMs, false)]);
}

describe('firstAbort', () => {
  it('aborts after its time, whatever the garbage collector takes', async () => {
    const ended = aborts(firstAbort([new AbortController().signal], 60), 2000);
    await wait(5);
    collectGarbage();
    await wait(5);
    collectGarbage();
    expect(await ended).toBe(true);
  });

  it('aborts with any of its signals, and for its reason', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const signal = firstAbort([first.signal, second.signal], 60_000);
    expect(signal.aborted).toBe(false);
    second.abort('enough');
    first.abort('too late');
    expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
  });

  it('has aborted when one of its signals had', () => {
    expect(firstAbort([new AbortController().signal, AbortSignal.abort('before')]).reason).toBe('before');
  });

  it('waits longer than a timer can', async () => {
    expect(await aborts(firstAbort([], 2 ** 32), 30)).toBe(false);
  });
});
