import type { ErrorCode, GadgetErrorOptions } from '../base/errors.ts';
import { GadgetError } from '../base/errors.ts';

/** The kernel, or libbpf on its behalf, said no. */
export class KernelError extends GadgetError {
  /** Positive errno; 0 where there is none. */
  readonly errno: number;
  /** `load`, `attach`, `map_update` … */
  readonly operation: string;
  /** Lines of the verifier, when it was the verifier. */
  readonly verifierLog?: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: GadgetErrorOptions & { errno: number; operation: string; verifierLog?: readonly string[] },
  ) {
    super(code, message, options);
    this.errno = options.errno;
    this.operation = options.operation;
    if (options.verifierLog !== undefined) this.verifierLog = options.verifierLog;
  }
}
