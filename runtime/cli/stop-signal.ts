const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** One Ctrl-C can come several times: from the terminal, from npm, from whoever started us. Milliseconds; a run has ended by then. */
const sameSignalMs = 200;

let stop: { readonly controller: AbortController; status: number } | undefined;

/** A command that asks for the signal ends by itself when it is aborted; any other is ended by Ctrl-C as usual. */
export function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.controller.signal;
  const started = { controller: new AbortController(), status: 1 };
  let abortedAt = 0;
  for (const [signal, status] of Object.entries(statuses)) {
    process.on(signal, () => {
      const { aborted } = started.controller.signal;
      // A second signal means: now.
      if (aborted && performance.now() - abortedAt > sameSignalMs) process.exit(status);
      if (aborted) return;
      abortedAt = performance.now();
      started.status = status;
      started.controller.abort();
    });
  }
  stop = started;
  return started.controller.signal;
}

/** The signal, when a command has asked for it. */
export function startedStopSignal(): AbortSignal | undefined {
  return stop?.controller.signal;
}

/** The exit status (128 + signal) when the error is but the end of what a signal stopped; undefined for any other. */
export function interruptedStatus(error: unknown): number | undefined {
  if (stop?.controller.signal.aborted !== true) return undefined;
  return error instanceof Error && error.name === 'AbortError' ? stop.status : undefined;
}
