import type { Command } from 'commander';
import type { TrustEntry } from '../oci/signature/trust-policy.ts';
import type { RegistrySettings } from './registry-settings.ts';

/** What commands may use of the process: handed in, so that a test can hand in something else. */
export interface CliContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** The environment, and where it says nothing the configuration file. */
  env: Readonly<Record<string, string | undefined>>;
  /** What configuration files say of registries; the environment still has a say. */
  registries: RegistrySettings;
  /** Who may sign which images, as configuration files say. */
  trust: readonly TrustEntry[];
  /** Gives the flags of a command the defaults of the configuration file. Errors: CONFIG_INVALID. */
  applyConfig: (command: Command) => void;
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
