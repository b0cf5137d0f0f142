import { safeText } from '../../../base/safe-text.ts';
import type { RunSummary } from '../../../engine/run.ts';
import type { LossCounts } from '../../../pipeline/loss.ts';

/** The counts at the end of a run, for stderr: what was delivered and what was not. Ends in a newline. */
export function renderSummary(summary: RunSummary): string {
  const lines: string[] = [];
  for (const source of summary.sources) lines.push(`${safeText(source.name)}: ${countTexts(source).join(', ')}`);
  for (const [program, count] of summary.missed)
    lines.push(`${safeText(program)}: ${count} runs missed (it was already running on that CPU)`);
  for (const [program, why] of summary.leftOut) lines.push(`${safeText(program)}: left out (${safeText(why)})`);
  if (summary.pinned.length > 0) lines.push(`maps that stay pinned: ${summary.pinned.map((name) => safeText(name)).join(', ')}`);
  return lines.map((line) => `${line}\n`).join('');
}

function countTexts({ shape, counts }: RunSummary['sources'][number]): string[] {
  const texts = [`${counts.delivered} ${shape === 'single' ? 'delivered' : 'rows'}`];
  if (counts.filtered > 0) texts.push(`${counts.filtered} filtered`);
  if (counts.own > 0) texts.push(`${counts.own} own (--self shows them)`);
  if (counts.cut > 0) texts.push(`${counts.cut} after the last one (-n)`);
  return [...texts, ...lossTexts(shape, counts)];
}

function lossTexts(shape: 'single' | 'array', { lost, untaken }: LossCounts): string[] {
  const notTaken = `${untaken} not taken by the reader`;
  if (lost !== undefined) return [`${lost + untaken} lost${untaken > 0 ? ` (${notTaken})` : ''}`];
  const unknown = shape === 'single' ? ['lost: unknown (the gadget does not count)'] : [];
  return untaken > 0 ? [...unknown, notTaken] : unknown;
}
