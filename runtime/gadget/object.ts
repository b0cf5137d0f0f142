import { GadgetSpecError } from '../base/errors.ts';
import type { Btf } from '../btf/btf.ts';
import { parseBtf } from '../btf/parse.ts';
import { type Elf, elfMachines } from '../elf/elf.ts';
import { parseElf } from '../elf/parse.ts';

/** A gadget's eBPF object, parsed; what the steps from image to spec share. */
export interface GadgetObject {
  /** The gadget's name, for messages. */
  readonly gadget: string;
  readonly elf: Elf;
  readonly btf: Btf;
}

/**
 * Parses an eBPF object. Throws ELF_INVALID or BTF_INVALID for bytes that are none, SPEC_INVALID for another machine's
 * object, BTF_MISSING for one that was compiled without `-g`.
 */
export function readObject(gadget: string, bytes: Uint8Array): GadgetObject {
  const elf = parseElf(bytes);
  const { machine, littleEndian } = elf.header;
  // Old compilers wrote no machine at all.
  if ((machine !== elfMachines.bpf && machine !== 0) || !littleEndian) {
    throw specError(
      gadget,
      `the program layer is no little-endian eBPF object (ELF machine ${machine})`,
      'compile it with clang -target bpfel',
    );
  }
  const section = elf.section('.BTF');
  if (section === undefined) {
    throw new GadgetSpecError('BTF_MISSING', `${gadget}: the eBPF object has no BTF, so its events cannot be understood`, {
      context: { gadget },
      hint: 'compile it with -g, and strip it with "llvm-strip -g" only, which keeps BTF; "gadget build" does both',
    });
  }
  return { gadget, elf, btf: parseBtf(section.data()) };
}

/** The error of an object whose parts do not fit together. */
export function specError(gadget: string, problem: string, hint?: string): GadgetSpecError {
  return new GadgetSpecError('SPEC_INVALID', `${gadget}: ${problem}`, { context: { gadget }, ...(hint === undefined ? {} : { hint }) });
}
