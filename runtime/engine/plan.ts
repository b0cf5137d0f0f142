import type { GadgetSpec, ProgramSpec } from '../gadget/spec.ts';

/**
 * Which programs of a gadget a run takes: one of each set of variants, without those that were left out on the way.
 * A plan only shrinks, so trying plans until one loads ends.
 */
export class Plan {
  readonly #spec: GadgetSpec;
  readonly #refused = new Map<string, string>();

  constructor(spec: GadgetSpec) {
    this.#spec = spec;
  }

  /** The programs to load and attach, in the object's order. */
  chosen(): ProgramSpec[] {
    const names = new Set<string>();
    const alternatives = new Set(this.#spec.programs.flatMap((program) => program.alternatives));
    for (const program of this.#spec.programs) {
      if (program.disabled || alternatives.has(program.name)) continue;
      const name = [program.name, ...program.alternatives].find((candidate) => !this.#refused.has(candidate));
      if (name !== undefined) names.add(name);
    }
    return this.#spec.programs.filter((program) => names.has(program.name));
  }

  /**
   * Takes note that the kernel refused a program. True when the run can go on without it: a variant is left, or it was optional.
   */
  refuse(name: string, why: string): boolean {
    const primary = this.#spec.programs.find((program) => program.name === name || program.alternatives.includes(name));
    if (primary === undefined || this.#refused.has(name)) return false;
    this.#refused.set(name, why);
    const left = [primary.name, ...primary.alternatives].some((candidate) => !this.#refused.has(candidate));
    return left || primary.optional;
  }

  /** What was left out, and why. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }
}
