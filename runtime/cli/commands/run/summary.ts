import { safeText } from '../../../base/safe-text.ts';
import type { RunSummary } from '../../../engine/run.ts';

/** The counts at the end of a run, for stderr: what was delivered and what was not. Ends in a newline. */
export function renderSummary(summary: RunSummary): string {
  const lines: string[] = [];
  for (const { name, shape, counts } of summary.sources) {
    const parts = [`${counts.delivered} ${shape === 'single' ? 'delivered' : 'rows'}`];
    if (counts.filtered > 0) parts.push(`${counts.filtered} filtered`);
    if (counts.own > 0) parts.push(`${counts.own} own (--self shows them)`);
    if (shape === 'single') parts.push(counts.lost === undefined ? 'lost: unknown (the gadget does not count)' : `${counts.lost} lost`);
    lines.push(`${safeText(name)}: ${parts.join(', ')}`);
  }
  for (const [program, count] of summary.missed)
    lines.push(`${safeText(program)}: ${count} runs missed (it was already running on that CPU)`);
  for (const [program, why] of summary.leftOut) lines.push(`${safeText(program)}: left out (${safeText(why)})`);
  if (summary.pinned.length > 0) lines.push(`maps that stay pinned: ${summary.pinned.map((name) => safeText(name)).join(', ')}`);
  return lines.map((line) => `${line}\n`).join('');
}
