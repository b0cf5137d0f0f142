import type { Field, FormulaOrigin, ListElement, RecordOrigin } from '../../schema/data-source.ts';
import type { FieldKind } from '../../schema/kinds.ts';
import type { FormatSite } from './formatter.ts';

export interface NewField {
  readonly name: string;
  readonly kind?: FieldKind;
  readonly inputs: readonly Field[];
  readonly evaluate: FormulaOrigin['evaluate'];
  readonly write?: FormulaOrigin['write'] | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hidden?: boolean;
  readonly element?: ListElement;
}

/** Every column's annotations unless it says otherwise. */
const columnDefaults = { 'columns.width': '16', 'columns.ellipsis': 'end', 'columns.alignment': 'left' };

/** A field computed from others, a string unless told otherwise. `parentName` is empty at top level. */
export function formulaField(parentName: string, field: NewField): Field {
  const origin: FormulaOrigin = {
    from: 'formula',
    inputs: field.inputs,
    evaluate: field.evaluate,
    ...(field.write && { write: field.write }),
  };
  return {
    name: field.name,
    fullName: parentName === '' ? field.name : `${parentName}.${field.name}`,
    kind: field.kind ?? 'string',
    origin,
    children: [],
    ...(field.element && { element: field.element }),
    typeNames: [],
    annotations: new Map(Object.entries({ ...columnDefaults, ...field.annotations })),
    tags: new Set(['src:formatter', `name:${field.name}`]),
    hidden: field.hidden ?? false,
  };
}

/** Adds a readable field right after the raw one, which then is shown only when named. A sibling of that name is left alone. */
export function addReadable(site: FormatSite, field: NewField): Field | undefined {
  if (site.siblings.some((sibling) => sibling.name === field.name)) return undefined;
  const added = formulaField(site.parent?.fullName ?? '', field);
  site.siblings.splice(site.siblings.indexOf(site.field) + 1, 0, added);
  site.field.hidden = true;
  return added;
}

/** Puts a field with another origin in the place of the raw one; name, annotations and tags stay. */
export function replaceOrigin(site: FormatSite, change: Pick<Field, 'origin'> & Partial<Pick<Field, 'kind' | 'element'>>): Field {
  const { element: _dropped, ...kept } = site.field;
  const replaced: Field = { ...kept, ...change, children: [] };
  site.siblings[site.siblings.indexOf(site.field)] = replaced;
  return replaced;
}

/** Bytes of the record under a kind of one's own, as input of a formula; part of no tree. */
export function recordInput(kind: FieldKind, offset: number, size: number): Field {
  const origin: RecordOrigin = { from: 'record', offset, size };
  return {
    name: `@${offset}`,
    fullName: `@${offset}`,
    kind,
    origin,
    children: [],
    typeNames: [],
    annotations: new Map(),
    tags: new Set(),
    hidden: true,
  };
}
