import { writeNineDigits, writeUint32, writeUint64 } from '../../schema/byte-writer.ts';
import type { Field, FormulaOrigin } from '../../schema/data-source.ts';
import { BootClock } from './boot-clock.ts';
import { type FormatSite, type Formatter, hasType, targetName } from './formatter.ts';
import { goTimeLayout } from './go-time-layout.ts';
import { addReadable, replaceOrigin } from './new-field.ts';
import { numberInputs } from './number-inputs.ts';
import { WallTimeWriter } from './wall-time.ts';

const annotation = 'formatters.timestamp.target';
const formatAnnotation = 'formatters.timestamp.format';
const defaultFormat = '2006-01-02T15:04:05.000000000Z07:00';
const wordValues = 2 ** 32;
const columns = { 'columns.width': '35', 'columns.maxwidth': '35', 'columns.ellipsis': 'end', 'columns.hidden': 'true' };

/** `gadget_timestamp`, nanoseconds since boot → wall-clock time; the raw field then holds nanoseconds since the epoch. 0 stays empty and 0. */
export const timestampFormatter: Formatter = {
  name: 'timestamp',
  accepts: (field) => (hasType(field, 'gadget_timestamp') || field.annotations.has(annotation)) && isWords(field),
  apply(site) {
    const inputs = numberInputs(site.field);
    const name = targetName(site.field, annotation);
    const raw = replaceOrigin(site, { origin: epochNs(inputs, site.host.bootTimeOffsetNs), kind: 'uint64' });
    if (name === undefined) return;
    addReadable({ ...site, field: raw }, { name, inputs, ...wallTime(site), annotations: columns, hidden: true });
  },
};

function isWords(field: Field): boolean {
  return field.kind === 'uint64' && field.origin.from === 'record' && field.origin.bits === undefined;
}

function epochNs(inputs: readonly Field[], bootTimeOffsetNs: bigint): FormulaOrigin {
  const clock = new BootClock(bootTimeOffsetNs);
  return {
    from: 'formula',
    inputs,
    evaluate: (low: number, high: number) => {
      const bootNs = (BigInt(high) << 32n) + BigInt(low);
      return bootNs === 0n ? 0n : bootNs + bootTimeOffsetNs;
    },
    write: (out: Uint8Array, at: number, low: number, high: number) => {
      if (clock.set(low, high) && clock.seconds > 0) {
        const digits = writeUint64(out, at, Math.floor(clock.seconds / wordValues), clock.seconds >>> 0);
        return writeNineDigits(out, digits, clock.nanoseconds);
      }
      return writeUint32(out, at, low === 0 && high === 0 ? 0 : clock.nanoseconds);
    },
  };
}

function wallTime(site: FormatSite): Pick<FormulaOrigin, 'evaluate' | 'write'> {
  const { host } = site;
  const clock = new BootClock(host.bootTimeOffsetNs);
  const format = site.field.annotations.get(formatAnnotation) ?? defaultFormat;
  if (format !== defaultFormat) {
    const text = goTimeLayout(format, host.utc);
    return { evaluate: (low: number, high: number) => (clock.set(low, high) ? text(clock.seconds, clock.nanoseconds) : '') };
  }
  const writer = new WallTimeWriter(host.utc);
  return {
    evaluate: (low: number, high: number) => (clock.set(low, high) ? writer.text(clock.seconds, clock.nanoseconds) : ''),
    write: (out: Uint8Array, at: number, low: number, high: number) =>
      clock.set(low, high) ? writer.write(out, at, clock.seconds, clock.nanoseconds) : at,
  };
}
