import type { DataSource, Field } from '../../schema/data-source.ts';
import type { FormatHost } from './host.ts';

/** Where a formatter works: one field among its siblings. */
export interface FormatSite {
  readonly dataSource: DataSource;
  readonly host: FormatHost;
  readonly field: Field;
  /** The list that holds the field: its parent's children, or the data source's top level. New fields are put here. */
  readonly siblings: Field[];
  readonly parent: Field | undefined;
}

/** One way to make raw values readable. */
export interface Formatter {
  readonly name: string;
  /** Whether the field is one of this formatter's. */
  accepts(field: Field): boolean;
  /** Adds or replaces fields at the site. */
  apply(site: FormatSite): void;
}

/** True when the member's type goes by that name somewhere on the way to its base type. */
export function hasType(field: Field, typeName: string): boolean {
  return field.typeNames.includes(typeName);
}

/**
 * Name of the readable field that belongs to a raw one: the annotation's value, else the raw name without `_raw`.
 * Undefined when neither is there; such a field stays as it is.
 */
export function targetName(field: Field, annotation: string): string | undefined {
  const target = field.annotations.get(annotation);
  if (target !== undefined && target !== '') return target;
  return field.name.endsWith('_raw') && field.name.length > 4 ? field.name.slice(0, -4) : undefined;
}
