import { UsageError } from '../../../base/errors.ts';
import { parseDurationMs } from '../../../engine/durations.ts';
import type { FetchSchedule } from '../../../engine/table.ts';
import type { GadgetSpec, SourceSpec } from '../../../gadget/spec.ts';
import { partFor } from '../../../operators/select/fields.ts';
import type { RunFlags } from './flags.ts';

/** Time between two tables of a map iterator, unless the user or the gadget says otherwise. Milliseconds. */
const defaultIntervalMs = 1000;

/** How often a table is fetched: the flags win over the gadget's defaults, those over the data source's annotations. */
export function fetchSchedule(source: SourceSpec, flags: RunFlags, spec: GadgetSpec, names: readonly string[]): FetchSchedule {
  const { dataSource, origin } = source;
  const annotation = (key: string) => dataSource.annotations.get(key);
  const named = (option: string, text: string | undefined) =>
    text === undefined ? undefined : partFor(option, text, dataSource.name, names);
  const fallback = (key: string) => spec.metadata.paramDefaults.get(`operator.oci.ebpf.${key}`);
  const snapshot = origin.kind === 'iterator';
  const interval =
    named('map-fetch-interval', flags.mapFetchInterval) ??
    named('map-fetch-interval', snapshot ? undefined : fallback('map-fetch-interval')) ??
    annotation('fetch-interval');
  const count =
    named('map-fetch-count', flags.mapFetchCount) ??
    named('map-fetch-count', snapshot ? undefined : fallback('map-fetch-count')) ??
    annotation('fetch-count');
  const onStop = annotation(snapshot ? 'ebpf.iter.fetch-on-stop' : 'ebpf.map.flush-on-stop') === 'true';
  return {
    intervalMs: interval === undefined ? (snapshot ? 0 : defaultIntervalMs) : parseInterval(interval),
    count: count === undefined ? (snapshot ? 1 : 0) : parseCount(count),
    onStop,
  };
}

function parseInterval(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new UsageError('PARAM_INVALID', `--map-fetch-interval: ${error.message}`, hint);
  }
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError('PARAM_INVALID', `--map-fetch-count: "${text}" is not a number`, { hint: 'write how many tables; 0 for no end' });
  }
  return Number(text);
}
