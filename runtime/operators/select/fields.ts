import { closestName, suggestion } from '../../base/closest-name.ts';
import { UsageError } from '../../base/errors.ts';
import { type DataSource, type Field, findField, walkFields } from '../../schema/data-source.ts';

/** A hint is read in a glance: more names do not help. */
const fieldsInHint = 20;

/** What `--fields` asks of one data source. */
export interface FieldSelection {
  /** Names to show instead of the default; undefined when the default is only changed. */
  readonly only: readonly string[] | undefined;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Splits an option that may differ by data source: `x` is for all of them, `ds:x;ds2:y` for those named. Returns the part that is this
 * data source's, undefined without one. USAGE for a mixture, or a data source that does not exist.
 */
export function partFor(option: string, text: string, dataSource: string, dataSources: readonly string[]): string | undefined {
  const parts = text.split(';').filter((part) => part !== '');
  const named = parts.map((part) => /^([A-Za-z0-9_.-]+):([\s\S]*)$/.exec(part));
  if (named.every((match) => match === null)) {
    if (parts.length > 1) throw new UsageError('USAGE', `--${option}: parts after ; begin with a data source's name and a colon`);
    return parts[0];
  }
  let found: string | undefined;
  for (const [index, match] of named.entries()) {
    if (match === null) throw new UsageError('USAGE', `--${option}: "${parts[index]}" names no data source, the other parts do`);
    const [, name, value] = match;
    if (!dataSources.includes(name!)) throw unknownDataSource(option, name!, dataSources);
    if (name === dataSource) found = value;
  }
  return found;
}

function unknownDataSource(option: string, name: string, dataSources: readonly string[]): UsageError {
  const hint = suggestion(name, dataSources) ?? `data sources are ${dataSources.join(', ')}`;
  return new UsageError('USAGE', `--${option}: there is no data source ${name}`, { context: { dataSource: name }, hint });
}

/** Reads `a,b` (only these), `+a,-b` (the default with changes). A list that mixes both forms is USAGE. */
export function parseFieldSelection(text: string): FieldSelection {
  const names = text.split(',').map((name) => name.trim());
  const only: string[] = [];
  const add: string[] = [];
  const remove: string[] = [];
  for (const name of names) {
    if (name.startsWith('+')) add.push(name.slice(1));
    else if (name.startsWith('-')) remove.push(name.slice(1));
    else if (name !== '') only.push(name);
  }
  if (only.length > 0 && add.length + remove.length > 0) {
    throw new UsageError('USAGE', `--fields ${text}: names to show and changes with + or - cannot be mixed`);
  }
  return { only: only.length > 0 || text.trim() === '' ? only : undefined, add, remove };
}

/**
 * The fields that `--fields` asks for, in its order; the default with changes for `+a,-b`. An added field that the default has stays
 * where it is. UNKNOWN_FIELD, with a suggestion, for a name that the data source lacks.
 */
export function selectFields(dataSource: DataSource, spec: string, defaults: readonly Field[]): Field[] {
  const selection = parseFieldSelection(spec);
  if (selection.only !== undefined) return unique(selection.only.map((name) => knownField(dataSource, name)));
  const removed = new Set(selection.remove.map((name) => knownField(dataSource, name)));
  const kept = defaults.filter((field) => !removed.has(field) && ![...removed].some((other) => isPartOf(field, other)));
  return unique([...kept, ...selection.add.map((name) => knownField(dataSource, name))]);
}

function isPartOf(field: Field, whole: Field): boolean {
  return field.fullName.startsWith(`${whole.fullName}.`);
}

function unique(fields: readonly Field[]): Field[] {
  return [...new Set(fields)];
}

/** The field of that name; UNKNOWN_FIELD with a suggestion when there is none. */
export function knownField(dataSource: DataSource, name: string): Field {
  const field = findField(dataSource, name);
  if (field !== undefined) return field;
  throw new UsageError('UNKNOWN_FIELD', `data source ${dataSource.name} has no field ${name}`, {
    context: { dataSource: dataSource.name, field: name },
    hint: fieldHint(dataSource, name),
  });
}

/** What an unknown name may stand for, a field or one of `others`; else the fields there are. */
export function fieldHint(dataSource: DataSource, name: string, others: readonly string[] = []): string {
  const names = [...walkFields(dataSource.fields)].map((field) => field.fullName);
  const whole = sameEnding(name, names) ?? closestName(name, [...names, ...others]) ?? nearEnding(name, names);
  return whole === undefined ? `fields are ${firstOf(names)}` : `did you mean ${whole}?`;
}

/** `pid` most likely stands for `proc.pid`. */
function sameEnding(name: string, names: readonly string[]): string | undefined {
  return names.find((candidate) => candidate.toLowerCase().endsWith(`.${name.toLowerCase()}`));
}

/** `com` stands for `proc.comm`: as many last parts are compared as the name has. */
function nearEnding(name: string, names: readonly string[]): string | undefined {
  const parts = name.split('.').length;
  const ending = (candidate: string) => candidate.split('.').slice(-parts).join('.');
  const nearest = closestName(name, names.map(ending));
  return names.find((candidate) => ending(candidate) === nearest);
}

function firstOf(names: readonly string[]): string {
  const shown = names.slice(0, fieldsInHint).join(', ');
  return names.length > fieldsInHint ? `${shown} and ${names.length - fieldsInHint} more: gadget image inspect IMAGE lists them` : shown;
}
