/** The longest a timer can wait, in milliseconds: 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * A signal that aborts with the first of these signals, or after a time. `AbortSignal.any` and `AbortSignal.timeout` will not do for
 * what runs long: they hold each other weakly, and one that a garbage collection takes never aborts. The time alone keeps no process alive.
 */
export function firstAbort(signals: readonly AbortSignal[], timeoutMs?: number): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) follow(controller, signal);
  if (timeoutMs !== undefined) setTimeout(() => controller.abort(), Math.min(timeoutMs, longestMs)).unref();
  return controller.signal;
}

function follow(controller: AbortController, signal: AbortSignal): void {
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal });
}
