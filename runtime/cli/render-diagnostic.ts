import type { Diagnostic } from '../base/diagnostics.ts';
import { safeText } from '../base/safe-text.ts';

/** A diagnostic as a line: `file:line:column: warning: message`, and its hint in a second one. Ends in a newline. */
export function renderDiagnostic({ severity, message, position, hint }: Diagnostic): string {
  const place = position === undefined ? '' : `${safeText(position.file)}:${position.line}:${position.column}: `;
  const level = severity === 'info' ? '' : `${severity}: `;
  return `${place}${level}${safeText(message)}\n${hint === undefined ? '' : `hint: ${safeText(hint)}\n`}`;
}
