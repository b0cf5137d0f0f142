import type { DataSource, Field } from '../../schema/data-source.ts';
import { byteSizeFormatter } from './byte-size.ts';
import { durationFormatter } from './duration.ts';
import { l3EndpointFormatter, l4EndpointFormatter } from './endpoint.ts';
import { enumFormatter } from './enumeration.ts';
import { errnoFormatter } from './errno.ts';
import { fileFlagsFormatter } from './file-flags.ts';
import { fileModeFormatter } from './file-mode.ts';
import type { Formatter } from './formatter.ts';
import type { FormatHost } from './host.ts';
import { ipAddressFormatter } from './ip-address.ts';
import { kernelStackFormatter } from './kernel-stack.ts';
import { signalFormatter } from './signal.ts';
import { stringListFormatter } from './string-list.ts';
import { syscallFormatter } from './syscall.ts';
import { timestampFormatter } from './timestamp.ts';
import { gidFormatter, uidFormatter } from './uid-gid.ts';
import { userStackFormatter } from './user-stack.ts';

/** All formatters. A field goes to the first that accepts it, so structs that contain other special types come before those. */
export const formatters: readonly Formatter[] = [
  l4EndpointFormatter,
  l3EndpointFormatter,
  ipAddressFormatter,
  userStackFormatter,
  kernelStackFormatter,
  stringListFormatter,
  timestampFormatter,
  signalFormatter,
  errnoFormatter,
  syscallFormatter,
  uidFormatter,
  gidFormatter,
  fileModeFormatter,
  fileFlagsFormatter,
  byteSizeFormatter,
  durationFormatter,
  enumFormatter,
];

/** Annotations of fields by full name, as gadget.yaml has them: also those of fields that only formatters make. Templates are not looked up. */
export type DeclaredFields = ReadonlyMap<string, { readonly annotations: ReadonlyMap<string, string>; readonly tags?: readonly string[] }>;

/**
 * Adds a readable field for every value of a special type, right after the raw one, which then is shown only when named.
 * Changes the data source; call it once, before anything is generated from it. What gadget.yaml says of the new fields is to be applied afterwards.
 */
export function addFormatters(dataSource: DataSource, host: FormatHost, declared?: DeclaredFields): void {
  formatSiblings(dataSource, host, dataSource.fields, undefined);
  if (declared !== undefined) annotateFormulas(dataSource.fields, declared);
}

function formatSiblings(dataSource: DataSource, host: FormatHost, siblings: Field[], parent: Field | undefined): void {
  for (const field of [...siblings]) {
    const formatter = formatters.find((candidate) => candidate.accepts(field));
    if (formatter !== undefined) formatter.apply({ dataSource, host, field, siblings, parent });
    else formatSiblings(dataSource, host, field.children, field);
  }
}

function annotateFormulas(fields: readonly Field[], declared: DeclaredFields): void {
  for (const field of fields) {
    const metadata = field.origin.from === 'formula' ? declared.get(field.fullName) : undefined;
    for (const [key, value] of metadata?.annotations ?? []) field.annotations.set(key, value);
    for (const tag of metadata?.tags ?? []) field.tags.add(tag);
    annotateFormulas(field.children, declared);
  }
}
