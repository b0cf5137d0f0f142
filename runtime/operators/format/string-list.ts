import { type DataSource, type Field, walkFields } from '../../schema/data-source.ts';
import type { FormatSite, Formatter } from './formatter.ts';
import { recordInput, replaceOrigin } from './new-field.ts';

const separatorAnnotation = 'formatters.list.separator';
const lengthAnnotation = 'formatters.list.length';
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Strings packed into one `char[]`, each ended by a NUL: a list. `formatters.list.length` names the field with the number of bytes in use;
 * without it the list ends at the first empty string.
 */
export const stringListFormatter: Formatter = {
  name: 'list',
  accepts: (field) => field.annotations.get(separatorAnnotation) === 'nul' && field.kind === 'string' && field.origin.from === 'record',
  apply(site) {
    const { origin } = site.field;
    if (origin.from !== 'record') return;
    const bytes = recordInput('bytes', origin.offset, origin.size);
    const length = lengthField(site);
    const evaluate = (packed: Uint8Array, used?: number | bigint): string[] =>
      splitStrings(packed, used === undefined ? undefined : Number(used));
    replaceOrigin(site, {
      origin: { from: 'formula', inputs: length === undefined ? [bytes] : [bytes, length], evaluate },
      kind: 'list',
      element: { kind: 'string', stride: 0, count: 0, children: [] },
    });
  },
};

function lengthField(site: FormatSite): Field | undefined {
  const name = site.field.annotations.get(lengthAnnotation);
  if (name === undefined) return undefined;
  return site.siblings.find((sibling) => sibling.name === name) ?? fieldNamed(site.dataSource, name);
}

function fieldNamed(dataSource: DataSource, fullName: string): Field | undefined {
  for (const field of walkFields(dataSource.fields)) if (field.fullName === fullName) return field;
  return undefined;
}

/** The strings in the first `used` bytes; without that number, those before the first empty one. */
export function splitStrings(packed: Uint8Array, used: number | undefined): string[] {
  const strings: string[] = [];
  const end = used === undefined ? packed.length : Math.min(Math.max(used, 0), packed.length);
  for (let start = 0; start < end; ) {
    const nul = packed.indexOf(0, start);
    const stop = nul < 0 || nul > end ? end : nul;
    if (used === undefined && stop === start) break;
    strings.push(decoder.decode(packed.subarray(start, stop)));
    start = stop + 1;
  }
  return strings;
}
