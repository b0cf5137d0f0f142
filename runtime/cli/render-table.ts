import { safeText } from '../base/safe-text.ts';
import { textWidth } from '../outputs/columns-text-width.ts';

/** Rows under a header, columns aligned and two spaces apart, the last not padded. Cells may be any text: they are made safe. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map(safeText));
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => textWidth(cells[column] ?? ''))));
  return lines
    .map((cells) => `${cells.map((cell, column) => pad(cell, column < header.length - 1 ? widths[column]! : 0)).join('  ')}\n`)
    .join('');
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - textWidth(cell)));
}
