import type { Predicate } from '../pipeline/source-pipeline.ts';
import type { DataSource } from '../schema/data-source.ts';
import { processIdOffset } from './process-id-field.ts';

/**
 * Tells the records that this process itself caused: those whose first `gadget_pid` field is our pid.
 * Undefined when the data source has no such field.
 */
export function ownRecords(dataSource: DataSource, pid: number = process.pid): Predicate | undefined {
  const offset = processIdOffset(dataSource);
  return offset === undefined ? undefined : (batch, index) => batch.view.getUint32(batch.offsets[index]! + offset, true) === pid;
}
