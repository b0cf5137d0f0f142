import { GadgetError } from '../../base/errors.ts';
import type { Btf } from '../btf.ts';
import type { CNames } from './names.ts';

/** A C declaration without the type that it ends in: `const struct file *(*open)(int)` is `const`, file's id, `*(*open)(int)`. */
export interface Declarator {
  /** Id of what is left when pointers, arrays, functions and qualifiers are taken off; named, anonymous or void. */
  readonly base: number;
  /** Qualifiers of the base, each with a space behind it. */
  readonly qualifiers: string;
  /** The name with everything around it. */
  readonly text: string;
}

/** Types taken off for one declaration, those of parameters included. Real ones need fewer than 100. */
const MAX_STEPS = 4096;

/** Writes declarators; the budget of steps is that of one declaration. */
class Declaration {
  readonly #btf: Btf;
  readonly #names: CNames;
  #steps = 0;

  constructor(btf: Btf, names: CNames) {
    this.#btf = btf;
    this.#names = names;
  }

  declare(id: number, name: string): Declarator {
    let [at, text, qualifiers] = [id, name, ''];
    for (;;) {
      this.#step(id);
      const type = this.#btf.type(at);
      switch (type.kind) {
        case 'const':
        case 'volatile':
        case 'restrict':
          qualifiers += qualifiers.includes(`${type.kind} `) ? '' : `${type.kind} `;
          at = type.type;
          break;
        case 'type_tag':
          at = type.type;
          break;
        case 'pointer':
          text = `*${qualifiers}${text}`;
          qualifiers = '';
          at = type.type;
          break;
        case 'array':
          text = `${bracketed(text)}[${type.count}]`;
          at = type.type;
          break;
        case 'function_prototype':
          text = `${bracketed(text)}(${this.#parameters(type.params)})`;
          qualifiers = '';
          at = type.returns;
          break;
        default:
          return { base: at, qualifiers: qualifiers.replace('restrict ', ''), text };
      }
    }
  }

  #parameters(params: ReadonlyArray<{ readonly type: number }>): string {
    if (params.length === 0) return 'void';
    return params
      .map(({ type }, index) => (type === 0 && index > 0 && index === params.length - 1 ? '...' : this.#parameter(type)))
      .join(', ');
  }

  #parameter(id: number): string {
    const { base, qualifiers, text } = this.declare(id, '');
    return `${qualifiers}${this.#isAnonymous(base) ? 'void' : this.#names.specifier(base)} ${text}`.trim();
  }

  /** A type without a name would be another one in every prototype, so nothing could be passed: `void` stands for it. */
  #isAnonymous(id: number): boolean {
    const kind = this.#btf.kindOf(id);
    return (kind === 'struct' || kind === 'union' || kind === 'enum') && this.#btf.nameOf(id) === '';
  }

  #step(id: number): void {
    this.#steps += 1;
    if (this.#steps <= MAX_STEPS) return;
    throw new GadgetError('BTF_INVALID', `BTF: declaring something of type ${id} takes more than ${MAX_STEPS} types`, {
      context: { type: id },
    });
  }
}

/** A pointer binds weaker than an array's or a function's brackets. */
function bracketed(text: string): string {
  return text.startsWith('*') ? `(${text})` : text;
}

/** The declarator of something called `name` of type `id`. Throws BTF_INVALID for types that never end. */
export function declaratorOf(context: { btf: Btf; names: CNames }, id: number, name: string): Declarator {
  return new Declaration(context.btf, context.names).declare(id, name);
}
