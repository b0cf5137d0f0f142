import { type DataSource, type Field, findField, walkFields } from '../schema/data-source.ts';
import type { GadgetMetadata } from './metadata.ts';
import { findNamed } from './names.ts';
import { findTemplate, templateOfType } from './templates.ts';

/** Structs of processes: their parts are columns of their own, named like the member. */
const processStructs: readonly string[] = ['gadget_process', 'gadget_creds', 'gadget_parent'];
/** Those whose parts are not shown unless asked for. */
const detailStructs: readonly string[] = ['gadget_creds', 'gadget_parent'];

/** Annotates the fields of a fresh data source by their C types, then as gadget.yaml says. */
export function annotateDataSource(dataSource: DataSource, metadata: GadgetMetadata): void {
  for (const field of walkFields(dataSource.fields)) annotateByType(field);
  applyMetadata(dataSource, metadata);
}

/**
 * What gadget.yaml says of a data source and of those of its fields that exist by now. To be called again when operators
 * have added fields: saying it twice changes nothing.
 */
export function applyMetadata(dataSource: DataSource, metadata: GadgetMetadata): void {
  const said = findNamed(metadata.dataSources, dataSource.name);
  if (said === undefined) return;
  setAll(dataSource.annotations, said.annotations);
  for (const tag of said.tags) dataSource.tags.add(tag);
  for (const [name, { annotations, tags }] of said.fields) {
    const field = findField(dataSource, name);
    if (field === undefined) continue;
    // A template first: explicit annotations win.
    const template = findTemplate(annotations.get('template') ?? '');
    if (template !== undefined) setAll(field.annotations, Object.entries(template));
    setAll(field.annotations, annotations);
    for (const tag of tags) field.tags.add(tag);
  }
}

function annotateByType(field: Field): void {
  const template = templateOfType(field.typeNames);
  if (template !== undefined) setAll(field.annotations, Object.entries(template));
  if (!field.typeNames.some((name) => processStructs.includes(name))) return;
  field.annotations.set('columns.hidden', 'true');
  const detail = field.typeNames.some((name) => detailStructs.includes(name));
  for (const child of field.children) {
    child.annotations.set('columns.alias', child.name);
    if (detail) child.annotations.set('columns.hidden', 'true');
  }
}

function setAll(into: Map<string, string>, entries: Iterable<readonly [string, string]>): void {
  for (const [key, value] of entries) into.set(key, value);
}
