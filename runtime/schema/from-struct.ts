import type { Report } from '../base/diagnostics.ts';
import { GadgetSpecError } from '../base/errors.ts';
import type { Btf, BtfMember, BtfType } from '../btf/btf.ts';
import type { DataSource, Field, ListElement } from './data-source.ts';
import { enumerationOf, originOf, scalarKindOf } from './from-scalar.ts';
import { maxDepth, maxFields, maxRecordBytes } from './limits.ts';
import { typeNamesOf } from './type-names.ts';

export interface DataSourceOptions {
  readonly name: string;
  /** Is told of members that no field can be made of. */
  readonly report?: Report;
}

/** The data source whose records are that struct or union. SCHEMA_UNSUPPORTED when it is none, or too deep or too large. */
export function dataSourceFromStruct(
  btf: Btf,
  typeId: number,
  options: DataSourceOptions & { readonly shape: DataSource['shape'] },
): DataSource {
  const type = btf.strip(typeId);
  if (type.kind !== 'struct' && type.kind !== 'union') {
    throw new GadgetSpecError('SCHEMA_UNSUPPORTED', `records of ${options.name} are of kind ${type.kind}, not a struct`, {
      context: { dataSource: options.name, type: typeId },
    });
  }
  const scope = newScope(btf, options, type.size);
  const fields: Field[] = [];
  addMembers(scope, fields, type, 0, '', 0);
  return dataSource(options.name, options.shape, typeNamesOf(btf, typeId).at(-1) ?? '', type.size, fields);
}

/**
 * The data source of a map's entries: the key's members, then the value's, at top level; bytes of the value follow those of the key
 * without padding. A key or value that is no struct is one field, `key` or `value`. A value's member named like one of the key
 * gets the prefix `value_`.
 */
export function dataSourceFromKeyValue(btf: Btf, keyTypeId: number, valueTypeId: number, options: DataSourceOptions): DataSource {
  const keySize = btf.sizeOf(keyTypeId);
  const recordSize = keySize + btf.sizeOf(valueTypeId);
  const scope = newScope(btf, options, recordSize);
  const fields: Field[] = [];
  addSide(scope, fields, keyTypeId, 0, 'key');
  addSide({ ...scope, clashPrefix: 'value_' }, fields, valueTypeId, keySize, 'value');
  return dataSource(options.name, 'array', '', recordSize, fields);
}

function dataSource(name: string, shape: DataSource['shape'], typeName: string, recordSize: number, fields: Field[]): DataSource {
  return { name, shape, typeName, recordSize, fields, annotations: new Map(), tags: new Set() };
}

/** What all steps of one walk share. */
interface Scope {
  readonly btf: Btf;
  /** Name of the data source, for messages. */
  readonly source: string;
  /** Bytes that offsets must stay in: of the record, or of the list element whose members are walked. */
  readonly recordSize: number;
  readonly report: Report | undefined;
  /** Put before a top-level name that is taken; without it the later member is left out. */
  readonly clashPrefix: string;
  readonly count: { members: number };
}

function newScope(btf: Btf, options: DataSourceOptions, recordSize: number): Scope {
  if (!(recordSize > 0 && recordSize <= maxRecordBytes)) {
    throw new GadgetSpecError(
      'SCHEMA_UNSUPPORTED',
      `records of ${options.name} have ${recordSize} bytes; 1 to ${maxRecordBytes} can be read`,
      {
        context: { dataSource: options.name },
      },
    );
  }
  return { btf, source: options.name, recordSize, report: options.report, clashPrefix: '', count: { members: 0 } };
}

function addSide(scope: Scope, fields: Field[], typeId: number, base: number, name: string): void {
  const type = scope.btf.strip(typeId);
  if (type.kind === 'struct' || type.kind === 'union') addMembers(scope, fields, type, base, '', 0);
  else addMember(scope, fields, { name, type: typeId, bitOffset: 0, bitWidth: 0 }, base, '', 0);
}

function addMembers(
  scope: Scope,
  fields: Field[],
  type: BtfType & { kind: 'struct' | 'union' },
  base: number,
  parent: string,
  depth: number,
): void {
  if (depth >= maxDepth) throw tooMuch(scope, `nests deeper than ${maxDepth} levels at ${parent || type.name}`);
  for (const member of type.members) addMember(scope, fields, member, base, parent, depth);
}

function addMember(scope: Scope, fields: Field[], member: BtfMember, base: number, parent: string, depth: number): void {
  if (++scope.count.members > maxFields) throw tooMuch(scope, `has more than ${maxFields} members`);
  if (member.name.startsWith('__')) return;
  const type = scope.btf.strip(member.type);
  if (member.name === '') {
    // An anonymous struct or union: its members are the parent's. Anything else without a name is padding.
    if (type.kind === 'struct' || type.kind === 'union') {
      addMembers(scope, fields, type, base + (member.bitOffset >>> 3), parent, depth + 1);
    }
    return;
  }
  const named = freeName(scope, fields, member, parent);
  if (named === undefined) return;
  const field = fieldOf(scope, named, type, base, parent, depth);
  if (field !== undefined) fields.push(field);
}

/** The member under a name that no sibling has; undefined when there is none. */
function freeName(scope: Scope, fields: readonly Field[], member: BtfMember, parent: string): BtfMember | undefined {
  const taken = (name: string) => fields.some((field) => field.name === name);
  if (!taken(member.name)) return member;
  const other = scope.clashPrefix + member.name;
  if (parent === '' && !taken(other)) return { ...member, name: other };
  skip(scope, join(parent, member.name), 'there is a field of that name');
  return undefined;
}

function fieldOf(scope: Scope, member: BtfMember, type: BtfType, base: number, parent: string, depth: number): Field | undefined {
  const fullName = join(parent, member.name);
  const shape = shapeOf(scope, member.type, type, fullName, base + (member.bitOffset >>> 3), depth);
  if (typeof shape === 'string') return skip(scope, fullName, shape);
  const origin = originOf(member, type, base, shape.size);
  if (origin === undefined) return skip(scope, fullName, 'its bits cross eight bytes');
  if (origin.offset + origin.size > scope.recordSize) return skip(scope, fullName, 'it lies outside of the record');
  const typeNames = typeNamesOf(scope.btf, member.type);
  const enumeration = enumerationOf(type, typeNames);
  return {
    name: member.name,
    fullName,
    kind: shape.kind,
    origin,
    children: shape.children,
    ...(shape.element && { element: shape.element }),
    typeNames,
    ...(enumeration && { enumeration }),
    annotations: new Map(),
    tags: new Set(['src:ebpf', `name:${member.name}`, ...typeNames.map((name) => `type:${name}`)]),
    hidden: false,
  };
}

type Shape = { readonly kind: Field['kind']; readonly size: number; readonly children: Field[]; readonly element?: ListElement };

/** Kind, bytes and parts of a type; in words why not, when no kind fits. `base` is where its bytes start. */
function shapeOf(scope: Scope, typeId: number, type: BtfType, fullName: string, base: number, depth: number): Shape | string {
  if (type.kind === 'array') return arrayShape(scope, type, fullName, depth);
  if (type.kind === 'struct' || type.kind === 'union') {
    if (type.size === 0) return 'it is empty';
    const children: Field[] = [];
    addMembers(scope, children, type, base, fullName, depth + 1);
    return { kind: children.length === 0 ? 'bytes' : 'struct', size: type.size, children };
  }
  const kind = scalarKindOf(type);
  if (kind === undefined) return `no value can be read from a ${type.kind}${type.name && ` ${type.name}`}`;
  return { kind, size: scope.btf.sizeOf(typeId), children: [] };
}

function arrayShape(scope: Scope, array: BtfType & { kind: 'array' }, fullName: string, depth: number): Shape | string {
  if (depth >= maxDepth) throw tooMuch(scope, `nests deeper than ${maxDepth} levels at ${fullName}`);
  if (array.count === 0) return 'its length is not fixed';
  const type = scope.btf.strip(array.type);
  const stride = scope.btf.sizeOf(array.type);
  const size = stride * array.count;
  if (type.kind === 'int' && type.name === 'char') return { kind: 'string', size, children: [] };
  // Offsets of an element's members count from the start of the element.
  const shape = shapeOf({ ...scope, recordSize: stride }, array.type, type, fullName, 0, depth + 1);
  if (typeof shape === 'string') return shape;
  const element: ListElement = {
    kind: shape.kind,
    stride,
    count: array.count,
    children: shape.children,
    ...(shape.element && { element: shape.element }),
  };
  return { kind: 'list', size, children: [], element };
}

function skip(scope: Scope, fullName: string, why: string): undefined {
  scope.report?.({ severity: 'warning', message: `${scope.source}: field ${fullName} is left out: ${why}` });
}

function tooMuch(scope: Scope, what: string): GadgetSpecError {
  return new GadgetSpecError('SCHEMA_UNSUPPORTED', `struct of ${scope.source} ${what}`, { context: { dataSource: scope.source } });
}

function join(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
