import type { Btf, BtfMember, BtfType } from '../btf.ts';
import { POINTER_SIZE } from '../walk.ts';
import { scalarInC } from './scalars.ts';

export type BtfRecord = Extract<BtfType, { kind: 'struct' | 'union' }>;

/** How C has to write a struct or union so that its members lie where BTF says. */
export interface CLayout {
  /** Needs `__attribute__((packed))`. */
  readonly packed: boolean;
  /** Bytes: the alignment that the written struct has, which may be less than the kernel's own. */
  readonly alignment: number;
  /** Members in order, each with the unused bits before it; none when C cannot express them (overlapping members). */
  readonly members: ReadonlyArray<{ readonly member: BtfMember; readonly gap: CGap }>;
  /** Unused bits that have to be written at the end. */
  readonly tail: CGap;
}

/** Unused bits, from and to, counted from the start of the struct. Empty when both are the same. */
export interface CGap {
  readonly from: number;
  readonly to: number;
}

/** A member with what its place depends on; all in bits. */
interface Placed {
  readonly member: BtfMember;
  readonly from: number;
  readonly to: number;
  /** Of its type: the unit that a bit-field must not cross. */
  readonly size: number;
  readonly alignment: number;
}

/** Computes layouts for the BPF machine's C. Remembers them: the alignment of a struct depends on those inside it. */
export class CLayouts {
  readonly #btf: Btf;
  readonly #known = new Map<number, CLayout>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Throws BTF_INVALID when a member's type has no size. */
  of(record: BtfRecord): CLayout {
    const known = this.#known.get(record.id);
    if (known !== undefined) return known;
    const placed = record.members.filter(isWritten).map((member) => this.#place(member));
    const layout = isExpressible(record, placed) ? layOut(record, placed) : opaque(record);
    this.#known.set(record.id, layout);
    return layout;
  }

  #place(member: BtfMember): Placed {
    const size = this.#btf.sizeOf(member.type) * 8;
    const width = member.bitWidth === 0 ? size : member.bitWidth;
    return { member, from: member.bitOffset, to: member.bitOffset + width, size, alignment: this.#alignmentOf(member.type) * 8 };
  }

  /** Bytes. */
  #alignmentOf(id: number): number {
    let type = this.#btf.strip(id);
    while (type.kind === 'array') type = this.#btf.strip(type.type);
    if (type.kind === 'struct' || type.kind === 'union') return this.of(type).alignment;
    if (type.kind === 'int' || type.kind === 'float') return scalarInC(type).alignment;
    return type.kind === 'enum' ? type.size : POINTER_SIZE;
  }
}

/** Unnamed bit-fields are gaps; unnamed structs and unions are members of their own. */
function isWritten(member: BtfMember): boolean {
  return member.name !== '' || member.bitWidth === 0;
}

function isExpressible(record: BtfRecord, placed: readonly Placed[]): boolean {
  let position = 0;
  for (const { member, from, to, size } of placed) {
    const isBitField = member.bitWidth > 0;
    if (to > record.size * 8 || to - from > size || from < position) return false;
    if (record.kind === 'union' && from !== 0) return false;
    if (!isBitField && from % 8 !== 0) return false;
    if (record.kind === 'struct') position = to;
  }
  return true;
}

function layOut(record: BtfRecord, placed: readonly Placed[]): CLayout {
  const natural = placed.reduce((most, { alignment }) => Math.max(most, alignment), 8);
  const packed = (record.size * 8) % natural !== 0 || !placed.every(isAligned);
  const members: { member: BtfMember; gap: CGap }[] = [];
  let end = 0;
  for (const { member, from, to, alignment } of placed) {
    const position = record.kind === 'union' ? 0 : end;
    const reached = member.bitWidth > 0 ? position : roundUp(position, packed ? 8 : alignment);
    members.push({ member, gap: reached === from ? { from, to: from } : { from: position, to: from } });
    end = record.kind === 'union' ? Math.max(end, to) : to;
  }
  const size = record.size * 8;
  const alignment = packed ? 8 : natural;
  const tail = roundUp(end, alignment) === size ? { from: size, to: size } : { from: end, to: size };
  return { packed, alignment: alignment / 8, members, tail };
}

function isAligned({ member, from, to, size, alignment }: Placed): boolean {
  return member.bitWidth > 0 ? Math.floor(from / size) === Math.floor((to - 1) / size) : from % alignment === 0;
}

function opaque(record: BtfRecord): CLayout {
  return { packed: true, alignment: 1, members: [], tail: { from: 0, to: record.size * 8 } };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
