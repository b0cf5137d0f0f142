import type { Field } from '../../schema/data-source.ts';
import { recordInput } from './new-field.ts';

const wordValues = 2 ** 32;

/**
 * Inputs by which a formula reads an integer without making bigints: the field itself up to 32 bits, else its low and high word.
 * `numberOf` puts the arguments together.
 */
export function numberInputs(field: Field): readonly Field[] {
  const { origin, kind } = field;
  if (origin.from !== 'record' || origin.bits !== undefined || (kind !== 'int64' && kind !== 'uint64')) return [field];
  return [recordInput('uint32', origin.offset, 4), recordInput(kind === 'int64' ? 'int32' : 'uint32', origin.offset + 4, 4)];
}

/** The integer that the arguments of `numberInputs` mean; rounded above 2^53. */
export function numberOf(low: number | bigint | boolean, high: number | undefined): number {
  return high === undefined ? Number(low) : high * wordValues + (low as number);
}
