import { parseElf } from '../../elf/parse.ts';
import type { GadgetSpec, ProgramSpec } from '../spec.ts';
import { type Ability, abilityOfCall, abilityOfSection } from './ability-rules.ts';
import { readCalls } from './calls.ts';
import { isHarmlessKfunc } from './harmless-kfuncs.ts';
import { isHelper } from './helper-names.ts';

export { type Ability, abilities } from './ability-rules.ts';

/** What a program calls in the kernel, and what that means. */
export interface ProgramAbilities {
  readonly program: string;
  /** Helpers and kfuncs, sorted. */
  readonly calls: readonly string[];
  readonly abilities: readonly Ability[];
}

/** What each program of a gadget can do to the host, read from its instructions. Throws ELF_INVALID. */
export function readAbilities(spec: GadgetSpec): readonly ProgramAbilities[] {
  if (spec.object === undefined) return [];
  const reader = readCalls(parseElf(spec.object));
  return spec.programs.map((program) => {
    const calls = [...reader.callsOf(program.name)].sort();
    return { program: program.name, calls, abilities: abilitiesOf(program, calls) };
  });
}

function abilitiesOf({ section }: ProgramSpec, calls: readonly string[]): Ability[] {
  const loadedAs = section.replace(/^\?/, '');
  const found = new Set(abilityOfSection.filter(([pattern]) => pattern.test(loadedAs)).map(([, ability]) => ability));
  for (const call of calls) for (const ability of abilitiesOfCall(withoutFlavour(call))) found.add(ability);
  return [...found];
}

function abilitiesOfCall(call: string): readonly Ability[] {
  const known = abilityOfCall.filter(([pattern]) => pattern.test(call)).map(([, ability]) => ability);
  return known.length > 0 || isHelper(call) || isHarmlessKfunc(call) ? known : ['unknown'];
}

/** libbpf looks for `name` when the object says `name___flavour`. */
function withoutFlavour(name: string): string {
  return name.replace(/^(.*[^_])___[^_].*$/, '$1');
}
