import type { TextPosition } from './errors.ts';

/** Something to tell the user. Only `cli/` and `outputs/` write it to a stream. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info' | 'debug';
  readonly message: string;
  readonly position?: TextPosition;
  readonly hint?: string;
}

/** Where diagnostics go; whoever starts a piece of work hands one in. */
export type Report = (diagnostic: Diagnostic) => void;
