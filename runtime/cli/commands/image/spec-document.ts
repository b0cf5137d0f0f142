import { abilities, type ProgramAbilities, readAbilities } from '../../../gadget/abilities/abilities.ts';
import { mapTypeName } from '../../../gadget/map-type-names.ts';
import type { GadgetMetadata } from '../../../gadget/metadata.ts';
import type { GadgetParam, GadgetSpec, MapSpec, ProgramSpec, SourceSpec } from '../../../gadget/spec.ts';
import type { Field } from '../../../schema/data-source.ts';

/** The gadget side of an image: what it shows, takes and loads. */
export function specDocument(spec: GadgetSpec) {
  const found = new Map(readAbilities(spec).map((program) => [program.program, program]));
  return {
    name: spec.metadata.name,
    architecture: spec.architecture,
    metadata: metadataDocument(spec.metadata),
    dataSources: spec.sources.map(sourceDocument),
    params: spec.params.map(paramDocument),
    foreignParams: spec.metadata.foreignParams.map(({ kind, name, description, defaultValue }) => ({
      kind,
      name,
      defaultValue,
      description,
    })),
    operatorSettings: Object.fromEntries(spec.metadata.operatorSettings),
    abilities: abilitiesDocument([...found.values()]),
    programs: spec.programs.map((program) => programDocument(program, found.get(program.name))),
    maps: spec.maps.map(mapDocument),
  };
}

function metadataDocument({ description, homepageUrl, documentationUrl, sourceUrl, annotations }: GadgetMetadata) {
  return { description, homepageUrl, documentationUrl, sourceUrl, annotations: Object.fromEntries(annotations) };
}

function sourceDocument({ dataSource, origin }: SourceSpec) {
  return {
    name: dataSource.name,
    shape: dataSource.shape,
    type: dataSource.typeName,
    recordSizeBytes: dataSource.recordSize,
    origin: origin.kind === 'iterator' ? { kind: origin.kind, programs: origin.programs } : { kind: origin.kind, map: origin.map },
    annotations: Object.fromEntries(dataSource.annotations),
    tags: [...dataSource.tags],
    fields: fieldDocuments(dataSource.fields),
  };
}

/** Every field, parents before children, by full name. */
function fieldDocuments(fields: readonly Field[]): ReturnType<typeof fieldDocument>[] {
  return fields.flatMap((field) => [fieldDocument(field), ...fieldDocuments(field.children)]);
}

function fieldDocument(field: Field) {
  return {
    name: field.fullName,
    kind: field.kind,
    type: field.typeNames[0],
    elementKind: field.element?.kind,
    offset: field.origin.from === 'record' ? field.origin.offset : undefined,
    sizeBytes: field.origin.from === 'record' ? field.origin.size : undefined,
    enumeration: field.enumeration?.name,
    hidden: field.hidden,
    annotations: Object.fromEntries(field.annotations),
    tags: [...field.tags],
  };
}

function paramDocument({ key, kind, defaultValue, description, variable }: GadgetParam) {
  return { key, kind, defaultValue, description, variable };
}

/** What the gadget can do to the host, and which programs can. */
function abilitiesDocument(programs: readonly ProgramAbilities[]) {
  const all = [...new Set(programs.flatMap((program) => program.abilities))];
  return all.map((ability) => ({
    ability,
    description: abilities[ability],
    programs: programs.filter((program) => program.abilities.includes(ability)).map(({ program }) => program),
  }));
}

function programDocument(program: ProgramSpec, found: ProgramAbilities | undefined) {
  const { name, section, kind, target, optional, disabled, alternatives } = program;
  return { name, section, kind, target, optional, disabled, alternatives, calls: found?.calls, abilities: found?.abilities };
}

function mapDocument({ name, type, keySize, valueSize, maxEntries, pinnedByName }: MapSpec) {
  return { name, type: mapTypeName(type), keySizeBytes: keySize, valueSizeBytes: valueSize, maxEntries, pinnedByName };
}
