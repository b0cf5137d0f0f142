/**
 * What became of the records of one data source: submitted = delivered + filtered + own + lost.
 * Counts are bigint-free: a run would need 285 years at a million a second to pass 2^53.
 */
export interface LossCounts {
  /** Shown to the user or handed to the output. */
  delivered: number;
  /** Dropped by the user's filter. */
  filtered: number;
  /** Dropped because this process itself caused them. */
  own: number;
  /** Dropped because a buffer was full; undefined where the program does not count it. */
  lost: number | undefined;
}
