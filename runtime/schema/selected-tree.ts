import type { Field } from './data-source.ts';

/** A field that is shown, with the children that are. */
export interface SelectedField {
  readonly field: Field;
  readonly children: readonly SelectedField[];
}

/**
 * The part of a tree of fields that the named ones make: each with its parents, and with its own visible children. Everything when
 * nothing is named. In declaration order, whatever the order of the names.
 */
export function selectTree(fields: readonly Field[], named: readonly Field[] | undefined): SelectedField[] {
  if (named === undefined) return fields.map((field) => ({ field, children: selectTree(field.children, undefined) }));
  return select(fields, new Set(named));
}

function select(fields: readonly Field[], named: ReadonlySet<Field>): SelectedField[] {
  return fields.flatMap((field) => {
    const children = select(field.children, named);
    if (children.length > 0) return [{ field, children }];
    return named.has(field) ? [{ field, children: visible(field) }] : [];
  });
}

function visible(field: Field): SelectedField[] {
  const shown = field.children.filter((child) => !child.hidden);
  return (shown.length > 0 ? shown : field.children).map((child) => ({ field: child, children: visible(child) }));
}
