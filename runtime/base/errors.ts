/**
 * One root class for everything that can go wrong, and one table of codes.
 * Callers match `code`, never message text or class identity.
 */

/**
 * Code → the exit status of the command line. The keys are the only error codes there are;
 * `docs/errors.md` explains each and is tested to list exactly these.
 *
 * Exit statuses: 1 our bug · 2 usage · 3 image unreachable or refused · 4 image or gadget invalid ·
 * 5 kernel rejected load or attach · 6 privilege or kernel feature missing · 8 output failed.
 */
export const errorCodes = {
  INTERNAL: 1,
  USAGE: 2,
  UNKNOWN_FLAG: 2,
  UNKNOWN_FIELD: 2,
  FILTER_SYNTAX: 2,
  PARAM_INVALID: 2,
  CONFIG_INVALID: 2,
  KEY_INVALID: 2,
  KEY_PASSWORD_WRONG: 2,
  TRUST_INVALID: 2,
  IMAGE_NOT_FOUND: 3,
  IMAGE_REFERENCE_INVALID: 3,
  SIGNATURE_MISSING: 3,
  SIGNATURE_UNTRUSTED: 3,
  TRUST_MISSING: 3,
  REGISTRY_UNREACHABLE: 3,
  REGISTRY_DENIED: 3,
  REGISTRY_ERROR: 3,
  CONTENT_MISMATCH: 3,
  STORE_IO: 3,
  STORE_CORRUPT: 3,
  IMAGE_INVALID: 4,
  IMAGE_SPARSE: 3,
  IMAGE_REFUSED: 3,
  ARCHIVE_INVALID: 4,
  ELF_INVALID: 4,
  BTF_INVALID: 4,
  BTF_MISSING: 4,
  SCHEMA_UNSUPPORTED: 4,
  METADATA_SYNTAX: 4,
  METADATA_INVALID: 4,
  SPEC_INVALID: 4,
  PROGRAM_UNSUPPORTED: 4,
  BUILD_FILE_INVALID: 4,
  BUILD_SOURCE_MISSING: 4,
  COMPILE_FAILED: 4,
  COMPILER_MISSING: 6,
  LOAD_REJECTED: 5,
  MAP_REJECTED: 5,
  ATTACH_FAILED: 5,
  ATTACH_TARGET_MISSING: 5,
  KERNEL_OPERATION_FAILED: 5,
  PRIVILEGE_MISSING: 6,
  KERNEL_FEATURE_MISSING: 6,
  KERNEL_BTF_MISSING: 6,
  NATIVE_MISSING: 6,
  OUTPUT_FAILED: 8,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface GadgetErrorOptions extends ErrorOptions {
  /** Which image, program, map or field: names and numbers a log can be searched for. */
  readonly context?: Readonly<Record<string, string | number | bigint>>;
  /** What the reader can do next, one sentence. */
  readonly hint?: string;
}

/** The root of all errors of this project. */
export class GadgetError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | bigint>>;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, options: GadgetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.context = options.context ?? {};
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** Wrong use of the command line: an unknown flag, field or value. */
export class UsageError extends GadgetError {}

/** An image, a store or bytes inside an image that cannot be had or cannot be right. */
export class ImageError extends GadgetError {}

/** A gadget whose object and metadata do not make a runnable whole. */
export class GadgetSpecError extends GadgetError {}

/** A place in a text file, both counted from 1. */
export interface TextPosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The exit status that an error asks for; 1 for anything that is not ours. */
export function exitStatusOf(error: unknown): number {
  return error instanceof GadgetError ? errorCodes[error.code] : 1;
}
