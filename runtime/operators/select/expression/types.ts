import type { Field, ListElement } from '../../../schema/data-source.ts';
import { type FieldKind, kindSizes } from '../../../schema/kinds.ts';

/** What a part of an expression yields. Integers are exact, as numbers or bigints; JavaScript compares those two exactly. */
export type ExpressionType =
  | { readonly name: 'bool' | 'int' | 'float' | 'string' | 'nil' | 'networks' }
  | { readonly name: 'list'; readonly element: ExpressionType }
  | { readonly name: 'struct'; readonly members: ReadonlyMap<string, ExpressionType> };

export const bool: ExpressionType = { name: 'bool' };
export const int: ExpressionType = { name: 'int' };
export const float: ExpressionType = { name: 'float' };
export const string: ExpressionType = { name: 'string' };
export const nil: ExpressionType = { name: 'nil' };
export const networks: ExpressionType = { name: 'networks' };

/** What of a field or of a list's elements says which values there are. */
interface Shape {
  readonly kind: FieldKind;
  readonly element?: ListElement | undefined;
  readonly children: readonly Field[];
}

/** The type of a field's values; undefined for kinds that cannot be compared. */
export function typeOfField(field: Shape): ExpressionType | undefined {
  if (field.kind === 'list') return listType(field.element);
  if (field.kind === 'struct') {
    const members = field.children.map((child) => [child.name, typeOfField(child)] as const);
    return { name: 'struct', members: new Map(members.filter((member): member is [string, ExpressionType] => member[1] !== undefined)) };
  }
  return typeOfKind(field.kind);
}

function listType(element: ListElement | undefined): ExpressionType | undefined {
  if (element === undefined) return undefined;
  const type = typeOfField(element);
  return type && { name: 'list', element: type };
}

function typeOfKind(kind: FieldKind): ExpressionType | undefined {
  if (kind === 'bool') return bool;
  if (kind === 'string') return string;
  if (kind === 'float32' || kind === 'float64') return float;
  return kindSizes[kind] > 0 ? int : undefined;
}

export function isNumeric(type: ExpressionType): boolean {
  return type.name === 'int' || type.name === 'float';
}

/** True when values of the two types can be equal. */
export function areComparable(left: ExpressionType, right: ExpressionType): boolean {
  if (left.name === 'nil' || right.name === 'nil') return true;
  if (isNumeric(left) && isNumeric(right)) return true;
  return left.name === right.name && (left.name === 'bool' || left.name === 'string');
}

/** The type in words of a message: `list of string`. */
export function typeText(type: ExpressionType): string {
  return type.name === 'list' ? `list of ${typeText(type.element)}` : type.name;
}
