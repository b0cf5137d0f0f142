import { type Formatter, hasType, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';
import { plainTextFormula } from './text-cache.ts';

const annotation = 'formatters.file_mode.target';

/** Bits of `st_mode` above the permissions: type, and what Go's `fs.FileMode` writes for it. */
const typeMask = 0o170000;
const typeLetters = new Map([
  [0o040000, 'd'],
  [0o120000, 'L'],
  [0o060000, 'D'],
  [0o020000, 'Dc'],
  [0o010000, 'p'],
  [0o140000, 'S'],
]);

/** A Unix file mode in the spelling of Go's `fs.FileMode`: `-rw-r--r--`, `drwxr-xr-x`, `ugrwxr-xr-x` for set-id bits, `dtrwxrwxrwx`. */
export function fileModeText(mode: number): string {
  let letters = typeLetters.get(mode & typeMask) ?? '';
  if (mode & 0o4000) letters += 'u';
  if (mode & 0o2000) letters += 'g';
  if (mode & 0o1000) letters += 't';
  let permissions = '';
  for (let bit = 8; bit >= 0; bit--) permissions += mode & (1 << bit) ? 'rwx'[(8 - bit) % 3] : '-';
  return (letters || '-') + permissions;
}

/** `gadget_file_mode` → `-rw-r--r--`. */
export const fileModeFormatter: Formatter = {
  name: 'file_mode',
  accepts: (field) => hasType(field, 'gadget_file_mode') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const formula = plainTextFormula((value) => fileModeText(Number(value)));
    addReadable(site, { name, inputs: [site.field], ...formula, annotations: { 'columns.width': '12' } });
  },
};
