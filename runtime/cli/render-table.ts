import { safeText } from '../base/safe-text.ts';
import { textWidth } from '../outputs/columns-text-width.ts';

export interface TableOptions {
  /** Cells that a line may have: the last column is broken between words to keep to it. Undefined when nobody's window is that wide. */
  readonly width?: number | undefined;
  /** Cells before each line. */
  readonly indent?: number;
}

/** Cells between two columns. */
const gap = 2;
/** A last column that would be narrower is left to the terminal to break. */
const narrowestLast = 20;

/** Rows under a header, columns aligned and two spaces apart, the last not padded. Cells may be any text: they are made safe. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const lines = [header, ...rows].map((cells) => cells.map(safeText));
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => textWidth(cells[column] ?? ''))));
  const indent = options.indent ?? 0;
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, indent);
  const room = (options.width ?? Number.POSITIVE_INFINITY) - before;
  return lines
    .map((cells) => {
      const first = cells.slice(0, header.length - 1).map((cell, column) => pad(cell, widths[column]! + gap));
      const [last = '', ...more] = broken(cells[header.length - 1] ?? '', room);
      const line = `${' '.repeat(indent)}${first.join('')}${last}`.trimEnd();
      return [line, ...more.map((part) => ' '.repeat(before) + part)].map((part) => `${part}\n`).join('');
    })
    .join('');
}

/** Lines of at most `room` cells, broken at spaces. */
function broken(text: string, room: number): string[] {
  if (room < narrowestLast || textWidth(text) <= room) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - textWidth(cell)));
}
