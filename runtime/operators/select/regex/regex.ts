import { isWord } from './character-class.ts';
import type { AssertionKind } from './node.ts';
import { parseRegex } from './parse.ts';
import { compileProgram, type Instruction } from './program.ts';

/** States kept before the automaton starts anew: bounds memory, whatever the texts are. */
const statesMax = 512;
const asciiCodes = 128;
/** Stands for the end of the text among code points. */
const end = -1;
/** Targets of transitions besides state numbers. */
const unknown = -1;
const matched = -2;

/** What came before a place, as far as assertions ask. */
type Before = 'start' | 'newline' | 'word' | 'other';

interface State {
  readonly places: readonly number[];
  readonly before: Before;
  /** Next state by ASCII code. */
  readonly transitions: Int32Array;
  /** Whether a text that ends here matches; undefined until asked. */
  accepts?: boolean;
}

/**
 * A regular expression with RE2's syntax and meaning: whether it matches anywhere in a text, in time linear in the text's length.
 * Sets of places in the program become states of an automaton as texts need them.
 */
export class Regex {
  readonly pattern: string;
  readonly #program: readonly Instruction[];
  #states: State[] = [];
  #numbers = new Map<string, number>();

  /** FILTER_SYNTAX for a pattern that RE2 would not take either. */
  constructor(pattern: string) {
    this.pattern = pattern;
    this.#program = compileProgram(pattern, parseRegex(pattern));
    this.#reset();
  }

  test(text: string): boolean {
    let number = 0;
    for (let at = 0; at < text.length; ) {
      let code = text.charCodeAt(at);
      if (code >= 0xd800) code = text.codePointAt(at)!;
      const state = this.#states[number]!;
      number = code < asciiCodes ? state.transitions[code]! : unknown;
      if (number === unknown) number = this.#step(state, code);
      if (number === matched) return true;
      at += code > 0xffff ? 2 : 1;
    }
    const last = this.#states[number]!;
    last.accepts ??= this.#follow(last, end) === undefined;
    return last.accepts;
  }

  #reset(): void {
    this.#states = [];
    this.#numbers = new Map();
    this.#numberOf([0], 'start');
  }

  #numberOf(places: readonly number[], before: Before): number {
    const key = `${before} ${places.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.push({ places, before, transitions: new Int32Array(asciiCodes).fill(unknown) }) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #step(state: State, code: number): number {
    const places = this.#follow(state, code);
    const before: Before = code === 10 ? 'newline' : isWord(code) ? 'word' : 'other';
    if (places !== undefined && this.#states.length >= statesMax) {
      this.#reset();
      return this.#numberOf(places, before);
    }
    const number = places === undefined ? matched : this.#numberOf(places, before);
    if (code < asciiCodes) state.transitions[code] = number;
    return number;
  }

  /** Places after that code point; undefined when a match is reached before it. */
  #follow(state: State, code: number): number[] | undefined {
    const seen = new Set<number>();
    const stack = [...state.places];
    const next = new Set<number>();
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (seen.has(place)) continue;
      seen.add(place);
      const instruction = this.#program[place]!;
      if (instruction.kind === 'match') return undefined;
      if (instruction.kind === 'split') stack.push(instruction.next, instruction.other);
      else if (instruction.kind === 'assertion') {
        if (holds(instruction.assertion, state.before, code)) stack.push(instruction.next);
      } else if (code !== end && instruction.test(code)) next.add(instruction.next);
    }
    next.add(0); // a match may start at any place
    return [...next].sort((a, b) => a - b);
  }
}

function holds(assertion: AssertionKind, before: Before, code: number): boolean {
  switch (assertion) {
    case 'text-start':
      return before === 'start';
    case 'text-end':
      return code === end;
    case 'line-start':
      return before === 'start' || before === 'newline';
    case 'line-end':
      return code === end || code === 10;
    case 'word-boundary':
      return (before === 'word') !== (code !== end && isWord(code));
    case 'no-word-boundary':
      return (before === 'word') === (code !== end && isWord(code));
  }
}
