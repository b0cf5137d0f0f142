import { type Formatter, hasType, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';
import { numberInputs, numberOf } from './number-inputs.ts';
import { plainTextFormula } from './text-cache.ts';

const annotation = 'formatters.bytes.target';
const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** A number of bytes in SI units with one decimal below ten: `7 B`, `1.2 MB`, `83 MB`. */
export function byteSizeText(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const exponent = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[exponent]}`;
}

/** `gadget_bytes` → `1.2 MB`. */
export const byteSizeFormatter: Formatter = {
  name: 'bytes',
  accepts: (field) => hasType(field, 'gadget_bytes') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const formula = plainTextFormula(byteSizeText);
    addReadable(site, {
      name,
      inputs: numberInputs(site.field),
      evaluate: (low: number, high?: number) => formula.evaluate(numberOf(low, high)),
      write: (out: Uint8Array, at: number, low: number, high?: number) => formula.write(out, at, numberOf(low, high)),
      annotations: { 'columns.width': '10', 'columns.alignment': 'right' },
    });
  },
};
