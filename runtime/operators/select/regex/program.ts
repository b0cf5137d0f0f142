import { filterSyntaxError } from '../syntax-error.ts';
import type { AssertionKind, CodeTest, RegexNode } from './node.ts';

/** Instructions of one pattern; counted repetition copies its part, so that growth is stopped here. */
const instructionsMax = 10_000;

/** A step of the automaton. `next` are the places it goes on at. */
export type Instruction =
  | { readonly kind: 'character'; readonly test: CodeTest; next: number }
  | { readonly kind: 'assertion'; readonly assertion: AssertionKind; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'match' };

/** Thompson's construction: the program starts at 0 and has one `match` at its end. FILTER_SYNTAX when it would be too large. */
export function compileProgram(pattern: string, node: RegexNode): readonly Instruction[] {
  const instructions: Instruction[] = [];
  emit(node);
  push({ kind: 'match' });
  return instructions;

  function push(instruction: Instruction): number {
    if (instructions.length >= instructionsMax) throw filterSyntaxError('regular expression', pattern, 0, 'it is too large');
    return instructions.push(instruction) - 1;
  }

  /** Every part falls through to the instruction after its last one. */
  function emit(part: RegexNode): void {
    switch (part.kind) {
      case 'empty':
        return;
      case 'character':
        push({ kind: 'character', test: part.test, next: instructions.length + 1 });
        return;
      case 'assertion':
        push({ kind: 'assertion', assertion: part.assertion, next: instructions.length + 1 });
        return;
      case 'sequence':
        for (const child of part.parts) emit(child);
        return;
      case 'choice':
        emitChoice(part.branches);
        return;
      case 'repeat':
        emitRepeat(part);
    }
  }

  function emitChoice(branches: readonly RegexNode[]): void {
    const jumps: number[] = [];
    for (const [index, branch] of branches.entries()) {
      const last = index === branches.length - 1;
      const split = last ? -1 : push({ kind: 'split', next: instructions.length + 1, other: 0 });
      emit(branch);
      if (!last) jumps.push(push({ kind: 'split', next: 0, other: 0 }));
      if (split >= 0) setOther(split, instructions.length);
    }
    for (const jump of jumps) setBoth(jump, instructions.length);
  }

  function emitRepeat({ part, min, max }: RegexNode & { kind: 'repeat' }): void {
    for (let copy = 0; copy < min; copy++) emit(part);
    if (max === undefined) {
      const split = push({ kind: 'split', next: instructions.length + 1, other: 0 });
      emit(part);
      setBoth(push({ kind: 'split', next: 0, other: 0 }), split);
      setOther(split, instructions.length);
      return;
    }
    const skips: number[] = [];
    for (let copy = min; copy < max; copy++) {
      skips.push(push({ kind: 'split', next: instructions.length + 1, other: 0 }));
      emit(part);
    }
    for (const skip of skips) setOther(skip, instructions.length);
  }

  function setOther(at: number, target: number): void {
    const instruction = instructions[at]!;
    if (instruction.kind === 'split') instruction.other = target;
  }

  function setBoth(at: number, target: number): void {
    const instruction = instructions[at]!;
    if (instruction.kind === 'split') instruction.next = instruction.other = target;
  }
}
