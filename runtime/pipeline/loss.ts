/**
 * What became of the records of one data source: submitted = delivered + filtered + own + cut + lost + untaken.
 * Counts are bigint-free: a run would need 285 years at a million a second to pass 2^53.
 */
export interface LossCounts {
  /** Handed to the output and written as a whole, or counted by an output that shows nothing. */
  delivered: number;
  /** Dropped by the user's filter, or by `--max-entries`. */
  filtered: number;
  /** Dropped because this process itself caused them. */
  own: number;
  /** Came after the last one that `-n` asked for; nobody looked at them. */
  cut: number;
  /** Dropped because the kernel's buffer was full; undefined where the program does not count it. */
  lost: number | undefined;
  /** Not taken by the output's reader: it was too slow when the run was stopped, or went away. */
  untaken: number;
}
