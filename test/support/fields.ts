import type { DataSource, Field, ListElement } from '../../runtime/schema/data-source.ts';
import { type FieldKind, kindSizes } from '../../runtime/schema/kinds.ts';

export interface FieldOptions {
  readonly size?: number;
  readonly types?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly children?: Field[];
  readonly element?: ListElement;
  readonly enumeration?: Field['enumeration'];
  readonly hidden?: boolean;
}

/** A field of a record, with the full name that it has at top level; `source` completes the names of children. */
export function recordField(name: string, kind: FieldKind, offset: number, options: FieldOptions = {}): Field {
  return {
    name,
    fullName: name,
    kind,
    origin: { from: 'record', offset, size: options.size ?? kindSizes[kind] },
    children: options.children ?? [],
    ...(options.element && { element: options.element }),
    typeNames: options.types ?? [],
    ...(options.enumeration && { enumeration: options.enumeration }),
    annotations: new Map(Object.entries(options.annotations ?? {})),
    tags: new Set(),
    hidden: options.hidden ?? false,
  };
}

/** A data source of these fields; full names and the record's size follow from them. */
export function source(fields: Field[], shape: DataSource['shape'] = 'single', name = 'events'): DataSource {
  const recordSize = Math.max(0, ...fields.map((field) => (field.origin.from === 'record' ? field.origin.offset + field.origin.size : 0)));
  return {
    name,
    shape,
    typeName: 'event',
    recordSize,
    fields: fields.map((field) => named(field, '')),
    annotations: new Map(),
    tags: new Set(),
  };
}

function named(field: Field, parent: string): Field {
  const fullName = parent === '' ? field.name : `${parent}.${field.name}`;
  return { ...field, fullName, children: field.children.map((child) => named(child, fullName)) };
}

/** A record of `size` bytes with what `fill` writes into it. */
export function record(size: number, fill: (bytes: Buffer) => unknown): Uint8Array {
  const bytes = Buffer.alloc(size);
  fill(bytes);
  return bytes;
}
