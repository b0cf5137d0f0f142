import { safeText } from '../base/safe-text.ts';
import type { Output } from '../pipeline/output.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import { compileGetter } from '../schema/codegen.ts';
import { type DataSource, type Field, type Value, walkFields } from '../schema/data-source.ts';
import { defaultColumns } from './columns-default.ts';
import { valueText } from './columns-values.ts';

/** Cells of the longest bar. */
const barWidth = 40;
const slotTypes = ['gadget_histogram_slot__u32', 'gadget_histogram_slot__u64'];

/** A slot for zero and one for each bit of 64; longer arrays are no histogram. */
const slotsMax = 65;

type Getter = (batch: RecordBatch, index: number) => Value;

/** True when the fields to show (all that columns show by default when none are named) contain a histogram's slots. */
export function hasHistogram(dataSource: DataSource, selected?: readonly Field[]): boolean {
  return (selected ?? [...walkFields(dataSource.fields)]).some(isHistogram);
}

/** An array of slots: slot 0 counts zeros, slot n values from 2^(n-1) up to below 2^n. */
function isHistogram(field: Field): boolean {
  if (field.element === undefined || field.element.count > slotsMax) return false;
  return field.kind === 'list' && field.typeNames.some((name) => slotTypes.includes(name));
}

/** Tables with histograms as text: what a row is about on one line, under it each histogram with a bar for each power of two. */
export class HistogramOutput implements Output {
  readonly #labels: readonly (readonly [string, Getter])[];
  readonly #histograms: readonly (readonly [Field, Getter])[];
  #tables = 0;

  constructor(dataSource: DataSource, selected?: readonly Field[]) {
    const fields = selected ?? [...new Set([...defaultColumns(dataSource), ...[...walkFields(dataSource.fields)].filter(isHistogram)])];
    this.#labels = fields.filter((field) => !isHistogram(field)).map((field) => [safeText(field.fullName), compileGetter(field)]);
    this.#histograms = fields.filter(isHistogram).map((field) => [field, compileGetter(field)]);
  }

  open(): void {}

  write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array {
    let text = this.#tables++ === 0 ? '' : '\n';
    for (let n = 0; n < count; n++) text += this.#row(batch, selection === undefined ? n : selection[n]!);
    return new TextEncoder().encode(text);
  }

  /** Tables only: a part of one is nothing. */
  wholeRecords(): number {
    return 0;
  }

  close(): Uint8Array {
    return new Uint8Array();
  }

  #row(batch: RecordBatch, index: number): string {
    const labels = this.#labels.map(([name, get]) => `${name} = ${valueText(get(batch, index))}`);
    const histograms = this.#histograms.map(([field, get]) => {
      const counts = (get(batch, index) as readonly (number | bigint)[]).map(Number);
      return histogramText(safeText(field.name), safeText(field.annotations.get('metrics.unit') ?? ''), counts);
    });
    return `${labels.length === 0 ? '' : `${labels.join(', ')}\n`}${histograms.join('')}\n`;
  }
}

/** Bars of the slots up to the last that counts anything. */
export function histogramText(name: string, unit: string, counts: readonly number[]): string {
  const last = counts.findLastIndex((count) => count > 0);
  const title = unit === '' ? name : `${name} (${unit})`;
  if (last < 0) return `${title}: nothing counted\n`;
  const shown = counts.slice(0, last + 1);
  const bounds = shown.map((_, slot) => [slot === 0 ? 0 : 2 ** (slot - 1), slot === 0 ? 0 : 2 ** slot - 1]);
  const boundWidth = Math.max(...bounds.flat().map((bound) => String(bound).length));
  const countWidth = Math.max('count'.length, ...shown.map((count) => String(count).length));
  const most = Math.max(...shown);
  const lines = shown.map((count, slot) => {
    const [low, high] = bounds[slot]!.map((bound) => String(bound).padStart(boundWidth));
    return `${low} -> ${high} : ${String(count).padEnd(countWidth)} |${bar(count, most)}|`;
  });
  return `${title.padEnd(boundWidth * 2 + 4)} : ${'count'.padEnd(countWidth)} distribution\n${lines.join('\n')}\n`;
}

/** A bar in proportion to the largest; a slot that counts anything shows at least one star. */
function bar(count: number, most: number): string {
  const length = count === 0 ? 0 : Math.max(1, Math.round((count / most) * barWidth));
  return '*'.repeat(length).padEnd(barWidth);
}
