import type { Predicate } from '../pipeline/source-pipeline.ts';
import { type DataSource, walkFields } from '../schema/data-source.ts';

/**
 * Tells the records that this process itself caused: those whose first `gadget_pid` field is our pid.
 * Undefined when the data source has no such field.
 */
export function ownRecords(dataSource: DataSource, pid: number = process.pid): Predicate | undefined {
  for (const field of walkFields(dataSource.fields)) {
    if (!field.typeNames.includes('gadget_pid') || field.origin.from !== 'record' || field.origin.size !== 4) continue;
    const { offset } = field.origin;
    return (batch, index) => batch.view.getUint32(batch.offsets[index]! + offset, true) === pid;
  }
  return undefined;
}
