import type { GadgetMetadata, ProgramMetadata } from './metadata.ts';
import { findNamed } from './names.ts';
import { type GadgetObject, specError } from './object.ts';
import { readSectionName, type SectionMeaning } from './sections.ts';
import type { ProgramSpec } from './spec.ts';
import { tailCalledPrograms } from './tail-calls.ts';

/** The value of `attach_to` that keeps a program from being attached. */
export const disabledTarget = 'gadget_program_disabled';

/** SHF_EXECINSTR. */
const executable = 4n;

/** The object's programs in its order: global functions in executable sections; those in `.text` are only called by others. */
export function readPrograms(object: GadgetObject, metadata: GadgetMetadata): ProgramSpec[] {
  const functions = programFunctions(object);
  const names = new Set(functions.map(({ name }) => name));
  const listed = new Set([...metadata.programs.values()].flatMap((program) => program.alternatives));
  const tailCalled = tailCalledPrograms(object.elf);
  return functions.map(({ name, section }) => {
    const said = findNamed(metadata.programs, name);
    const meaning = readSectionName(section);
    const isAlternative = listed.has(name);
    return {
      name,
      section,
      kind: meaning.kind,
      target: targetOf(meaning, said),
      disabled: !isAlternative && (meaning.off || said?.attachTo === disabledTarget),
      optional: said?.optional ?? false,
      alternatives: (said?.alternatives ?? []).filter((other) => other !== name && names.has(other)),
      ...(tailCalled.has(name) ? { tailCalled: true } : {}),
      ...perfEventOf(object, name, meaning, metadata),
    };
  });
}

function programFunctions({ elf }: GadgetObject): { name: string; section: string }[] {
  return [...elf.symbols()]
    .filter((symbol) => symbol.type === 'function' && symbol.binding !== 'local')
    .map((symbol) => ({ symbol, section: symbol.section === undefined ? undefined : elf.sections[symbol.section] }))
    .filter(({ section }) => section !== undefined && section.name !== '.text' && (section.flags & executable) !== 0n)
    .sort((a, b) => a.section!.index - b.section!.index || Number(a.symbol.value - b.symbol.value))
    .map(({ symbol, section }) => ({ name: symbol.name, section: section!.name }));
}

function targetOf(meaning: SectionMeaning, said: ProgramMetadata | undefined): string {
  const override = said?.attachTo;
  return override === undefined || override === '' || override === disabledTarget ? meaning.target : override;
}

/** Sampling is set up from gadget.yaml, under the name behind `perf_event/` or the function's. */
function perfEventOf(
  object: GadgetObject,
  name: string,
  meaning: SectionMeaning,
  metadata: GadgetMetadata,
): Pick<ProgramSpec, 'perfEvent'> {
  if (meaning.kind !== 'perf_event') return {};
  const key = findNamed(metadata.programs, meaning.target)?.perf === undefined ? name : meaning.target;
  const { perf, samplerFrequency } = findNamed(metadata.programs, key) ?? { perf: undefined, samplerFrequency: undefined };
  const wanted = meaning.target || name;
  const hint = `write it in gadget.yaml: programs.${wanted}.perf {type: software, config: count_sw_cpu_clock, sampleType: sample_raw} and programs.${wanted}.sampler {frequency: 49}`;
  if (perf === undefined || samplerFrequency === undefined) {
    throw specError(object.gadget, `gadget.yaml does not say what ${name} (${wanted}) samples, and how often`, hint);
  }
  if (perf.type !== 'software' || perf.config !== 'count_sw_cpu_clock' || perf.sampleType !== 'sample_raw') {
    throw specError(object.gadget, `${name} cannot sample ${perf.type}/${perf.config}/${perf.sampleType}`, hint);
  }
  return { perfEvent: { type: 'software', config: 'count_sw_cpu_clock', frequencyHz: samplerFrequency } };
}
