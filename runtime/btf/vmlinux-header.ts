import { GadgetError } from '../base/errors.ts';
import type { Btf, BtfType } from './btf.ts';
import type { BtfRecord } from './c/layout.ts';
import { CNames, isEnumDeclaration } from './c/names.ts';
import { CRecords } from './c/records.ts';
import { scalarInC } from './c/scalars.ts';
import { CText } from './c/text.ts';

/** Types on the way from one definition to what it needs first. Real kernels stay below 100. */
const MAX_DEPTH = 500;

/** How far the writing of a type has come; bits, so that one byte a type is enough. */
const DECLARED = 1;
const DEFINED = 2;
const IN_PROGRESS = 4;

/** Whether only a type's name is needed (behind a pointer), or all of it (as a member). */
type Need = typeof DECLARED | typeof DEFINED;

/** Puts types into an order in which C accepts them: what is needed whole comes first, the rest is declared. */
class HeaderWriter {
  readonly #btf: Btf;
  readonly #text: CText;
  readonly #names: CNames;
  readonly #records: CRecords;
  readonly #state: Uint8Array;
  /** Specifiers (`struct file`) that were declared or defined. */
  readonly #declared = new Set<string>();
  #depth = 0;

  constructor(btf: Btf, text: CText) {
    this.#btf = btf;
    this.#text = text;
    this.#names = new CNames(btf);
    this.#records = new CRecords(btf, this.#names, text);
    this.#state = new Uint8Array(btf.typeCount + 1);
  }

  write(): void {
    this.#writeScalars();
    for (const id of this.#btf.ofKind('enum')) if (this.#btf.nameOf(id) !== '') this.#writeEnum(id);
    for (let id = 1; id <= this.#btf.typeCount; id++) if (isWritten(this.#btf.kindOf(id))) this.#need(id, DEFINED);
    for (const id of this.#btf.ofKind('enum')) if (this.#btf.nameOf(id) === '' && !this.#records.isInline(id)) this.#writeEnum(id);
  }

  /** Typedefs for integers and floating types that C cannot spell; they are no part of the kernel's own names. */
  #writeScalars(): void {
    for (const kind of ['int', 'float'] as const) {
      for (const id of this.#btf.ofKind(kind)) {
        const type = this.#btf.type(id);
        if (type.kind !== 'int' && type.kind !== 'float') continue;
        const { words, alias } = scalarInC(type);
        if (words === undefined) this.#text.line(0, `typedef ${alias.specifier} ${this.#names.specifier(id)}${alias.suffix};\n`);
      }
    }
  }

  #writeEnum(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind !== 'enum') return;
    if (isEnumDeclaration(type)) this.#declare(id);
    else this.#records.define(type);
  }

  #need(id: number, need: Need): void {
    const state = this.#state[id] ?? 0;
    if (id === 0 || (state & need) !== 0) return;
    if (++this.#depth > MAX_DEPTH)
      throw new GadgetError('BTF_INVALID', `BTF: types are nested more than ${MAX_DEPTH} deep`, { context: { type: id } });
    this.#write(this.#btf.type(id), need);
    this.#state[id] = this.#state[id]! | need;
    this.#depth -= 1;
  }

  #write(type: BtfType, need: Need): void {
    switch (type.kind) {
      case 'pointer':
        this.#need(type.type, DECLARED);
        break;
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        this.#need(type.type, need);
        break;
      case 'array':
        this.#need(type.type, DEFINED);
        break;
      case 'function_prototype':
        this.#need(type.returns, DECLARED);
        for (const param of type.params) this.#need(param.type, DECLARED);
        break;
      case 'typedef':
        this.#writeTypedef(type.id, type.type, need);
        break;
      case 'struct':
      case 'union':
        if (need === DEFINED || type.name === '') this.#writeRecord(type);
        else this.#declare(type.id);
        break;
      case 'forward':
        this.#declare(type.id);
    }
  }

  #writeTypedef(id: number, target: number, need: Need): void {
    this.#need(target, need);
    if ((this.#state[id]! & (DECLARED | DEFINED)) !== 0) return;
    this.#records.typedef(id, target);
    this.#state[id] = this.#state[id]! | DECLARED;
  }

  /** A struct that is part of something else is written there; here is only made sure that its members can be. */
  #writeRecord(type: BtfRecord): void {
    if ((this.#state[type.id]! & IN_PROGRESS) !== 0) {
      throw new GadgetError('BTF_INVALID', `BTF: ${type.kind} ${type.name} contains itself`, { context: { type: type.id } });
    }
    this.#state[type.id] = this.#state[type.id]! | IN_PROGRESS;
    for (const member of type.members) this.#need(member.type, DEFINED);
    this.#state[type.id] = this.#state[type.id]! & ~IN_PROGRESS;
    if (type.name === '') return;
    this.#declared.add(this.#names.specifier(type.id));
    this.#records.define(type);
  }

  #declare(id: number): void {
    const specifier = this.#names.specifier(id);
    if (this.#declared.has(specifier)) return;
    this.#declared.add(specifier);
    this.#text.line(0, `${specifier};\n`);
  }
}

/** Anonymous types are written where they are used; functions and variables are no types. */
function isWritten(kind: BtfType['kind']): boolean {
  return kind === 'struct' || kind === 'union' || kind === 'typedef' || kind === 'forward';
}

/**
 * Writes all types of a kernel as one C header, `vmlinux.h`, for programs that are compiled for the BPF machine.
 * Every struct has the size and the offsets that the kernel's has. Accesses are relocated at load unless
 * BPF_NO_PRESERVE_ACCESS_INDEX is defined. `origin` names the kernel in the header's first line.
 * Type tags are left out. The same BTF gives the same text. Throws BTF_INVALID.
 */
export function writeVmlinuxHeader(btf: Btf, options: { origin?: string } = {}): string {
  const text = new CText();
  const origin = options.origin === undefined ? '' : ` of ${options.origin.replace(/[^\w .:+~()-]/g, '_')}`;
  text.line(0, `/* All types of the kernel${origin}, written by \`gadget vmlinux\` from its BTF. */`);
  for (const line of ['#ifndef __VMLINUX_H__', '#define __VMLINUX_H__', '']) text.line(0, line);
  text.line(0, '#ifndef BPF_NO_PRESERVE_ACCESS_INDEX');
  text.line(0, '#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)');
  text.line(0, '#endif\n');
  new HeaderWriter(btf, text).write();
  text.line(0, '#ifndef BPF_NO_PRESERVE_ACCESS_INDEX');
  text.line(0, '#pragma clang attribute pop');
  text.line(0, '#endif\n');
  text.line(0, '#endif /* __VMLINUX_H__ */');
  return text.toString();
}
