import type { Diagnostic, Report } from '../base/diagnostics.ts';
import type { CliContext } from './context.ts';
import { renderDiagnostic } from './render-diagnostic.ts';

/** Diagnostics on stderr, as much of them as the user wants. */
export function reportTo(context: CliContext): Report {
  return (diagnostic: Diagnostic) => {
    if (diagnostic.severity === 'debug' && !context.verbose) return;
    if (diagnostic.severity !== 'error' && context.quiet) return;
    context.stderr.write(renderDiagnostic(diagnostic));
  };
}
