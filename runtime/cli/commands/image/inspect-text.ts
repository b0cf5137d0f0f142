import { safeText } from '../../../base/safe-text.ts';
import { abilities, type ProgramAbilities, readAbilities } from '../../../gadget/abilities/abilities.ts';
import { labelledPrograms } from '../../../gadget/foreign/foreign-image.ts';
import { imageKinds } from '../../../gadget/foreign/image-kind.ts';
import { mapTypeName } from '../../../gadget/map-type-names.ts';
import type { GadgetSpec, ProgramSpec, SourceSpec } from '../../../gadget/spec.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import { isHidden } from '../../../outputs/columns-default.ts';
import { type Field, walkFields } from '../../../schema/data-source.ts';
import { renderTable } from '../../render-table.ts';
import type { Inspection } from './inspect.ts';

type Content = Inspection['content'];

/** An image as people read it: what it is, what it shows, takes and loads. `width` is the terminal's, in cells. */
export function renderInspection(inspection: Inspection, width: number | undefined): string {
  const table = (header: readonly string[], rows: readonly (readonly string[])[]) => renderTable(header, rows, { indent: 2, width });
  const { content, spec } = inspection;
  return [
    facts(inspection),
    ...(spec === undefined ? [] : specTexts(spec, table, width)),
    section('content', table, ['PLATFORM', 'DIGEST', 'SIZE', 'TYPE'], contentRows(content)),
  ].join('');
}

function specTexts(spec: GadgetSpec, table: Table, width: number | undefined): string[] {
  const found = readAbilities(spec);
  return [
    ...spec.sources.map((source) => sourceText(source, table)),
    section('params (flags of gadget run)', table, ['FLAG', 'TYPE', 'DEFAULT', 'DESCRIPTION'], paramRows(spec)),
    section('programs', table, ['NAME', 'SECTION', 'NOTES'], spec.programs.map(programRow)),
    calledText(found, width),
    abilitiesText(found, table),
    section('maps', table, ['NAME', 'TYPE', 'KEY', 'VALUE', 'ENTRIES', ''], mapRows(spec)),
  ];
}

type Table = (header: readonly string[], rows: readonly (readonly string[])[]) => string;

function section(title: string, table: Table, header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `\n${title}:\n${table(header, rows)}`;
}

function facts({ content, recognised: { kind, labels }, spec, problem }: Inspection): string {
  const metadata = spec?.metadata;
  const platforms = content.manifests.map((manifest) => `${platformText(manifest)}${'missing' in manifest ? ' (not pulled)' : ''}`);
  const rows: [string, string | undefined][] = [
    ['image:', content.reference],
    ['digest:', content.digest],
    ['kind:', kind === 'gadget' ? undefined : imageKinds[kind]],
    ['labels:', labelledPrograms(labels)],
    ['problem:', problem],
    ['description:', metadata?.description],
    ['platforms:', platforms.join(', ')],
    ['size:', content.totalSizeBytes === undefined ? 'damaged' : byteSizeText(content.totalSizeBytes)],
    ['created:', content.created],
    ['built:', content.builtHere ? 'on this machine' : 'elsewhere'],
    ['home page:', metadata?.homepageUrl],
    ['documentation:', metadata?.documentationUrl],
    ['source:', metadata?.sourceUrl],
  ];
  const told = rows.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...told.map(([name]) => name.length)) + 2;
  return told.map(([name, value]) => `${name.padEnd(width)}${safeText(value!)}\n`).join('');
}

function sourceText({ dataSource, origin }: SourceSpec, table: Table): string {
  const from = origin.kind === 'iterator' ? `made by ${origin.programs.join(', ')}` : `from the map ${origin.map}`;
  const shape = dataSource.shape === 'single' ? 'events' : 'tables';
  const title = safeText(`data source ${dataSource.name}: ${shape}, ${from}, ${dataSource.recordSize} bytes each`);
  const rows = [...walkFields(dataSource.fields)].filter(({ kind }) => kind !== 'struct').map(fieldRow);
  return `\n${title}\n${table(['FIELD', 'TYPE', 'SHOWN', 'DESCRIPTION'], rows)}`;
}

function fieldRow(field: Field): string[] {
  const type = field.kind === 'list' ? `list of ${field.element?.kind ?? 'bytes'}` : field.kind;
  return [field.fullName, type, isHidden(field) ? '' : 'yes', field.annotations.get('description') ?? ''];
}

function paramRows({ params, metadata }: GadgetSpec): string[][] {
  return [
    ...params.map(({ key, kind, defaultValue, description }) => [`--${key}`, kind, defaultValue, description]),
    ...metadata.foreignParams.map(({ kind, name, defaultValue, description }) => [`(${kind}) ${name}`, '', defaultValue, description]),
  ];
}

function programRow({ name, section: from, target, disabled, optional, alternatives, perfEvent }: ProgramSpec): string[] {
  const notes = [
    ...(disabled ? ['not attached'] : []),
    ...(disabled || from.endsWith(target) ? [] : [`attached to ${target}`]),
    ...(perfEvent === undefined ? [] : [`${perfEvent.frequencyHz} times a second on each CPU`]),
    ...(optional ? ['optional'] : []),
    ...(alternatives.length === 0 ? [] : [`else ${alternatives.join(', ')}`]),
  ];
  return [name, from, notes.join('; ')];
}

/** What all programs together call; `-o json` says which calls what. */
function calledText(programs: readonly ProgramAbilities[], width: number | undefined): string {
  const calls = [...new Set(programs.flatMap((program) => program.calls))].sort();
  return calls.length === 0 ? '' : `\nthey call:\n${renderTable([calls.join(', ')], [], { indent: 2, width })}`;
}

/** Nothing is said of an image without programs. */
function abilitiesText(programs: readonly ProgramAbilities[], table: Table): string {
  const title = 'what it can do to the host';
  const rows = abilityRows(programs);
  if (rows.length === 0 && programs.length > 0) return `\n${title}:\n  only look at it, as far as its calls and sections tell\n`;
  return section(title, table, ['ABILITY', 'PROGRAMS', 'MEANING'], rows);
}

function abilityRows(programs: readonly ProgramAbilities[]): string[][] {
  const found = new Set(programs.flatMap((program) => program.abilities));
  return [...found].map((ability) => {
    const able = programs.filter((program) => program.abilities.includes(ability)).map(({ program }) => program);
    return [ability, able.join(' '), abilities[ability]];
  });
}

function contentRows({ manifests }: Content): string[][] {
  return manifests.flatMap((manifest) => {
    const parts = 'missing' in manifest ? [manifest] : [manifest, manifest.config, ...manifest.layers];
    return parts.map(({ mediaType, digest, sizeBytes }, at) => [
      at === 0 ? platformText(manifest) : '',
      digest,
      byteSizeText(sizeBytes),
      mediaType,
    ]);
  });
}

function platformText({ platform }: Content['manifests'][number]): string {
  return platform === undefined ? 'unknown' : `${platform.os}/${platform.architecture}`;
}

function mapRows({ maps }: GadgetSpec): string[][] {
  return maps.map(({ name, type, keySize, valueSize, maxEntries, pinnedByName }) => [
    name,
    mapTypeName(type),
    String(keySize),
    String(valueSize),
    String(maxEntries),
    pinnedByName ? 'pinned by name' : '',
  ]);
}
