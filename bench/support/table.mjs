/**
 * Lays rows out as text: the first column to the left, the others to the right. `columns` are `{ title, of }`, where `of` gives a row's text.
 */
export function renderTable(columns, rows) {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  const render = (line) => line.map((text, index) => (index === 0 ? text.padEnd(widths[0]) : text.padStart(widths[index]))).join('  ');
  return lines.map((line) => `  ${render(line).trimEnd()}\n`).join('');
}

/** A number with so many decimals; `-` for what is not known. */
export const decimal = (value, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));

/** A share in per cent; `-` for what is not known. */
export const percent = (share) => (share === undefined ? '-' : `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`);

/** The middle one of some numbers. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
