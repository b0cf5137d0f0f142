import { InvalidArgumentError, Option } from 'commander';
import type { Report } from '../base/diagnostics.ts';
import { ImageError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';
import { type Ability, abilities, readAbilities } from '../gadget/abilities/abilities.ts';
import type { GadgetSpec } from '../gadget/spec.ts';

/** What programs may do to the host beyond looking at it. */
export interface AbilityFlags {
  readonly forbid?: readonly Ability[];
  readonly permit?: readonly Ability[];
}

const all = Object.keys(abilities) as Ability[];

/** The flags as options of commander. */
export function abilityOptions(): Option[] {
  return [
    new Option('--forbid <abilities>', `refuse gadgets that can do this to the host: all, or ${all.join(', ')}`).argParser(abilityList),
    new Option('--permit <abilities>', 'allow this all the same').argParser(abilityList),
  ];
}

function abilityList(text: string): readonly Ability[] {
  return text.split(',').flatMap((word) => {
    const ability = all.find((known) => known === word);
    if (word === 'all') return all;
    if (ability === undefined) throw new InvalidArgumentError(`There is no "${word}": all, ${all.join(', ')}.`);
    return [ability];
  });
}

/** Says what a gadget can do to the host, and refuses what is forbidden, before anything is loaded. Throws IMAGE_REFUSED. */
export function checkAbilities(spec: GadgetSpec, { forbid = [], permit = [] }: AbilityFlags, report: Report): void {
  const programs = readAbilities(spec).filter((program) => program.abilities.length > 0);
  const found = all.filter((ability) => programs.some((program) => program.abilities.includes(ability)));
  const refused = found.filter((ability) => forbid.includes(ability) && !permit.includes(ability));
  const can = (list: readonly Ability[]) => list.map((ability) => abilities[ability]).join('; ');
  if (refused.length > 0) {
    const names = programs.filter((program) => program.abilities.some((ability) => refused.includes(ability)));
    throw new ImageError('IMAGE_REFUSED', `${spec.name} can ${can(refused)} (${names.map(({ program }) => program).join(', ')})`, {
      context: { image: spec.name },
      hint: `allow it with --permit ${refused.join(',')}`,
    });
  }
  if (found.length > 0) report({ severity: 'info', message: `${safeText(spec.name)} can ${can(found)}` });
}
