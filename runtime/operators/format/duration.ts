import { type Formatter, hasType, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';
import { numberInputs, numberOf } from './number-inputs.ts';
import { cachedText } from './text-cache.ts';

const annotation = 'formatters.duration.target';
const nsPerSecond = 1e9;

/** Nanoseconds as text: `12ns`, `1.23µs`, `4.56ms`; from a second on as Go writes durations: `1.5s`, `2h3m4s`. */
export function durationText(ns: number): string {
  if (ns < 0) return `-${durationText(-ns)}`;
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)}µs`;
  if (ns < nsPerSecond) return `${(ns / 1e6).toFixed(2)}ms`;
  return longDuration(ns);
}

function longDuration(ns: number): string {
  const totalSeconds = Math.floor(ns / nsPerSecond);
  const fraction = String(ns - totalSeconds * nsPerSecond)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor(totalSeconds / 60) % 60;
  const seconds = `${totalSeconds % 60}${fraction === '' ? '' : `.${fraction}`}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** `gadget_duration` → `4.56ms`. */
export const durationFormatter: Formatter = {
  name: 'duration',
  accepts: (field) => hasType(field, 'gadget_duration') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const text = cachedText(durationText);
    addReadable(site, {
      name,
      inputs: numberInputs(site.field),
      evaluate: (low: number, high?: number) => text(numberOf(low, high)),
      annotations: { 'columns.width': '20', 'columns.alignment': 'right' },
    });
  },
};
