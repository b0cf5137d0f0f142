import { type DataSource, type Field, walkFields } from '../schema/data-source.ts';

/** Fields that columns show unless told otherwise: those with a value of their own, not hidden, structs only where one column stands for them. */
export function defaultColumns(dataSource: DataSource): Field[] {
  return [...walkFields(dataSource.fields)].filter((field) => {
    if (isHidden(field)) return false;
    return field.kind !== 'struct' || field.annotations.has('columns.replace');
  });
}

/** Hidden in columns: what the annotation says, else the field itself. */
export function isHidden(field: Field): boolean {
  const annotation = field.annotations.get('columns.hidden');
  return annotation === undefined ? field.hidden : annotation === 'true';
}
