import type { Output } from '../pipeline/output.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import { ByteWriter } from '../schema/byte-writer.ts';
import { type DataSource, type Field, findField } from '../schema/data-source.ts';
import { type CellStyle, writeSafeText } from './columns-cells.ts';
import { compileRowWriter, type RowWriter } from './columns-code.ts';
import { defaultColumns, isHidden } from './columns-default.ts';
import { type Column, columnGap, columnOf, fitColumns } from './columns-layout.ts';
import { HistogramOutput, hasHistogram } from './histogram.ts';
import { countEnds } from './whole-records.ts';

export interface ColumnsOptions {
  /** What `--fields` chose; without it the data source's own choice. */
  readonly selectedFields?: readonly Field[];
  /** Size in cells. Asked for before each write, so getters follow a window. Without it values are never cut. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** On a terminal, a table takes the place of the one before it; true unless something else writes to the terminal too. */
  readonly refresh?: boolean;
}

const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';
const home = '\x1b[H';
/** Lines that tables leave free: the one the cursor is on. */
const cursorLine = 1;

/** Records as aligned columns under a header. */
export class ColumnsOutput implements Output {
  readonly #writer = new ByteWriter();
  readonly #columns: readonly Column[];
  readonly #options: ColumnsOptions;
  readonly #isTable: boolean;
  readonly #histogram: HistogramOutput | undefined;
  /** What rows are written with, for the terminal's width when it was made. */
  #layout: { readonly width: number | undefined; readonly header: string; readonly writeRows: RowWriter } | undefined;
  /** Lines since the last header; undefined before the first. */
  #lines: number | undefined;
  /** Where headers end in the text of the last write. */
  #headerEnds: number[] = [];

  constructor(dataSource: DataSource, options: ColumnsOptions = {}) {
    this.#options = options;
    this.#isTable = dataSource.shape === 'array';
    this.#columns = shownColumns(dataSource, options.selectedFields);
    this.#histogram = hasHistogram(dataSource, options.selectedFields)
      ? new HistogramOutput(dataSource, options.selectedFields)
      : undefined;
  }

  open(): void {}

  write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array {
    if (this.#histogram !== undefined) return this.#histogram.write(batch, selection, count);
    this.#writer.reset();
    this.#headerEnds = [];
    this.#layOut();
    if (this.#isTable) this.#writeTable(batch, selection, count);
    else this.#writeEvents(batch, selection, count);
    return this.#writer.written();
  }

  /** Every record is a line, and so is every header. */
  wholeRecords(bytes: number): number {
    return countEnds(this.#writer.written(), bytes, '\n') - this.#headerEnds.filter((end) => end <= bytes).length;
  }

  close(): Uint8Array {
    return new Uint8Array();
  }

  get #refreshes(): boolean {
    return this.#isTable && this.#options.terminal !== undefined && this.#options.refresh !== false;
  }

  #layOut(): void {
    const terminalWidth = this.#options.terminal?.columns;
    // A terminal clears its last cell, too, when it is told to clear the rest of a full line.
    const width = terminalWidth === undefined || !this.#refreshes ? terminalWidth : terminalWidth - 1;
    if (this.#layout !== undefined && this.#layout.width === width) return;
    const widths = fitColumns(this.#columns, width);
    const styles = this.#columns.map((column, index) =>
      styleOf(column, widths[index]!, index === this.#columns.length - 1, width !== undefined),
    );
    const lineEnd = this.#refreshes ? `${clearLine}\n` : '\n';
    this.#layout = {
      width,
      header: headerLine(this.#columns, styles) + lineEnd,
      writeRows: compileRowWriter({ columns: this.#columns, styles, lineEnd }),
    };
  }

  /** Lines of events; the header comes again after each screenful. */
  #writeEvents(batch: RecordBatch, selection: Uint32Array | undefined, count: number): void {
    const screen =
      this.#options.terminal === undefined ? Number.POSITIVE_INFINITY : Math.max(2, this.#options.terminal.rows - 1 - cursorLine);
    for (let done = 0; done < count; ) {
      if (this.#lines === undefined || this.#lines >= screen) {
        this.#put(this.#layout!.header);
        this.#headerEnds.push(this.#writer.position);
        this.#lines = 0;
      }
      const part = Math.min(count - done, screen - this.#lines);
      this.#rows(batch, selection, done, part);
      this.#lines += part;
      done += part;
    }
  }

  #rows(batch: RecordBatch, selection: Uint32Array | undefined, from: number, count: number): void {
    const indices = from === 0 ? selection : (selection ?? Uint32Array.from({ length: from + count }, (_, index) => index)).subarray(from);
    this.#layout!.writeRows(this.#writer, batch, indices, count);
  }

  #writeTable(batch: RecordBatch, selection: Uint32Array | undefined, count: number): void {
    const before = this.#lines;
    if (!this.#refreshes) {
      if (before !== undefined) this.#put('\n');
      this.#put(this.#layout!.header);
      this.#rows(batch, selection, 0, count);
      this.#lines = count + 1;
      return;
    }
    // The first table is shown whole: a snapshot has no other. Later ones take its place and so must fit.
    const rows = this.#options.terminal!.rows - cursorLine;
    const shown = before === undefined ? count : Math.max(0, Math.min(count, count < rows ? count : rows - 2));
    if (before !== undefined) this.#put(before > rows ? home : `\x1b[${before}A\r`);
    this.#put(this.#layout!.header);
    this.#rows(batch, selection, 0, shown);
    if (shown < count) this.#put(`… ${count - shown} more${clearLine}\n`);
    if (before !== undefined) this.#put(clearBelow);
    this.#lines = 1 + shown + (shown < count ? 1 : 0);
  }

  #put(text: string): void {
    this.#writer.reserve(text.length * 3);
    this.#writer.position += new TextEncoder().encodeInto(text, this.#writer.bytes.subarray(this.#writer.position)).written;
  }
}

/** The columns for the chosen fields: a struct's own, or else those of its parts. */
function shownColumns(dataSource: DataSource, selected: readonly Field[] | undefined): Column[] {
  const fields = selected === undefined ? defaultColumns(dataSource) : [...new Set(selected.flatMap(leaves))];
  return fields.map((field) => {
    const replaced = field.annotations.get('columns.replace');
    return columnOf(field, (replaced !== undefined && findField(dataSource, replaced)) || field);
  });
}

function leaves(field: Field): Field[] {
  if (field.kind !== 'struct' || field.annotations.has('columns.replace')) return [field];
  const shown = field.children.filter((child) => !isHidden(child));
  return (shown.length > 0 ? shown : field.children).flatMap(leaves);
}

function styleOf(column: Column, width: number, isLast: boolean, cuts: boolean): CellStyle {
  return {
    pad: isLast && !column.alignRight ? 0 : width,
    cut: cuts ? width : undefined,
    alignRight: column.alignRight,
    ellipsis: column.ellipsis,
  };
}

function headerLine(columns: readonly Column[], styles: readonly CellStyle[]): string {
  const writer = new ByteWriter();
  for (const [index, column] of columns.entries()) {
    if (index > 0) writeSafeText(writer, ' '.repeat(columnGap), { ...styles[index]!, pad: 0, cut: undefined }, 0);
    writeSafeText(writer, column.header, styles[index]!, 0);
  }
  return new TextDecoder().decode(writer.written());
}
