import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../registry-error.ts';

/** How often and how long a failed request is tried again. */
export interface RetryPolicy {
  /** Tries in a row without progress, the first included. */
  readonly attempts: number;
  /** Tries in all, whatever progress each made. */
  readonly totalAttempts: number;
  /** From the first failure in a row to the last, in milliseconds. */
  readonly longestRowMs: number;
  /** The first pause; each one after it is twice as long, half of it at random. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A registry that asks to wait longer than this is given up. */
  readonly longestRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  totalAttempts: 100,
  longestRowMs: 300_000,
  firstPauseMs: 200,
  longestPauseMs: 10_000,
  longestRetryAfterMs: 120_000,
};

/** Nobody listens there: one more try finds a registry that restarts, more would only keep the user waiting. */
const refusedAttempts = 2;

/** Errors that were retried as often as they are: work that consists of other work does not multiply the tries. */
const givenUp = new WeakSet<Error>();

/** The tries of one piece of work. */
export class Retries {
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #inRow = 0;
  #failingSinceMs = 0;
  #total = 0;

  constructor(policy: RetryPolicy, signal?: AbortSignal) {
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Some of the work is done for good: the count of tries in a row begins anew. */
  progressed(): void {
    this.#inRow = 0;
  }

  /** Waits before the next try, or throws the error when there is none. */
  async pause(error: unknown): Promise<void> {
    if (this.#inRow++ === 0) this.#failingSinceMs = performance.now();
    this.#total++;
    if (!(error instanceof RegistryError) || !error.transient || givenUp.has(error)) throw error;
    const pauseMs = error.retryAfterMs ?? this.#backoff();
    const wouldTakeMs = performance.now() - this.#failingSinceMs + pauseMs;
    if (this.#isLast(error) || wouldTakeMs > this.#policy.longestRowMs || (error.retryAfterMs ?? 0) > this.#policy.longestRetryAfterMs) {
      givenUp.add(error);
      throw error;
    }
    await sleep(pauseMs, undefined, this.#signal === undefined ? {} : { signal: this.#signal }).catch(() => this.#signal?.throwIfAborted());
  }

  #isLast(error: RegistryError): boolean {
    const attempts = errnoIn(error) === 'ECONNREFUSED' ? Math.min(refusedAttempts, this.#policy.attempts) : this.#policy.attempts;
    return this.#inRow >= attempts || this.#total >= this.#policy.totalAttempts;
  }

  #backoff(): number {
    const { firstPauseMs, longestPauseMs } = this.#policy;
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#inRow - 1));
    return longest * (0.5 + Math.random() / 2);
  }
}

function errnoIn(error: Error): unknown {
  return (error.cause as { readonly code?: unknown } | undefined)?.code;
}

/** Milliseconds that a `Retry-After` header asks for: seconds or a date (RFC 9110, 10.2.3). Undefined when it cannot be read. */
export function parseRetryAfter(value: string | undefined, nowMs = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const date = /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
