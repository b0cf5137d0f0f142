import type { Report } from '../../base/diagnostics.ts';
import { GadgetError } from '../../base/errors.ts';
import { dataSourceFromKeyValue, dataSourceFromStruct } from '../../schema/from-struct.ts';
import { mapTypes, type TypedMap } from '../maps.ts';
import type { GadgetObject } from '../object.ts';
import type { SourceSpec } from '../spec.ts';
import type { ForeignImage } from './foreign-image.ts';

/** How BumbleBee marks maps that it shows: by the start of their name, before that by the end of their section. */
const shownName = /^(?:print|counter|gauge|hist)_/;
const shownSection = /^\.maps\.(?:print|counter|gauge)$/;

/**
 * The data sources that maps of a foreign image can be read as: ring buffers that declare the struct of their records, and hash maps that declare
 * key and value. Of a BumbleBee image those that its conventions name. Maps that cannot be shown are reported and passed over.
 */
export function deriveSources(
  { btf, gadget }: GadgetObject,
  maps: ReadonlyMap<string, TypedMap>,
  { foreign, report }: { readonly foreign: ForeignImage; readonly report: Report },
): SourceSpec[] {
  const shown = [...maps.values()].filter(
    ({ name, section }) => foreign.kind !== 'bumblebee' || shownName.test(name) || shownSection.test(section),
  );
  return shown.flatMap((map) => {
    try {
      const source = deriveSource(btf, map, report);
      return source === undefined ? [] : [source];
    } catch (error) {
      if (!(error instanceof GadgetError)) throw error;
      report({ severity: 'warning', message: `${gadget}: the map ${map.name} cannot be shown: ${error.message}` });
      return [];
    }
  });
}

function deriveSource(btf: GadgetObject['btf'], map: TypedMap, report: Report): SourceSpec | undefined {
  const { name, type, keyType, valueType, keySize, valueSize } = map;
  if (valueType === undefined) return undefined;
  if (type === mapTypes.ringBuffer || type === mapTypes.perfEventArray) {
    if (btf.strip(valueType).kind !== 'struct') return undefined;
    return {
      dataSource: dataSourceFromStruct(btf, valueType, { name, shape: 'single', report }),
      origin: { kind: 'tracer', map: name, lostSamplesMap: undefined },
    };
  }
  if ((type !== mapTypes.hash && type !== mapTypes.lruHash) || keyType === undefined) return undefined;
  const dataSource = dataSourceFromKeyValue(btf, keyType, valueType, { name, report });
  for (const field of dataSource.fields) if (field.origin.from === 'record' && field.origin.offset < keySize) field.tags.add('role:key');
  return { dataSource, origin: { kind: 'map-iterator', map: name, keySize, valueSize } };
}
