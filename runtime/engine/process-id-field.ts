import { type DataSource, walkFields } from '../schema/data-source.ts';

/** Offset in bytes of the first `gadget_pid` of a record: the process that a record is about. Undefined when there is none. */
export function processIdOffset(dataSource: DataSource): number | undefined {
  for (const field of walkFields(dataSource.fields)) {
    if (field.typeNames.includes('gadget_pid') && field.origin.from === 'record' && field.origin.size === 4) return field.origin.offset;
  }
  return undefined;
}
