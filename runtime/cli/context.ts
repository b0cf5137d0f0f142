/** What commands may use of the process: handed in, so that a test can hand in something else. */
export interface CliContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** `-v`: whole verifier logs, causes with stacks, debug diagnostics. */
  verbose: boolean;
  /** `-q`: only errors on stderr. */
  quiet: boolean;
  /** What the process ends with when nothing fails: 0, or the status of a traced command. */
  exitStatus: number;
}

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}
