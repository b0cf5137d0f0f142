import { GadgetError } from '../../base/errors.ts';

/** Bytes of a header. Those of real kernels have 3 MB; without a limit one struct could ask for gigabytes of padding. */
const MAX_HEADER_BYTES = 32 << 20;

/** C source as it grows, line by line, indented with tabs. */
export class CText {
  readonly #lines: string[] = [];
  #size = 0;

  /** Throws BTF_INVALID when the text gets larger than any kernel's could be. */
  line(depth: number, text: string): void {
    const line = '\t'.repeat(depth) + text;
    this.#size += line.length + 1;
    if (this.#size > MAX_HEADER_BYTES) throw new GadgetError('BTF_INVALID', `BTF: its types need more than ${MAX_HEADER_BYTES} bytes of C`);
    this.#lines.push(line);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}
