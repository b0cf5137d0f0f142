import { parseBtfExt } from '../btf/ext.ts';
import { parseBtf } from '../btf/parse.ts';
import { parseElf } from '../elf/parse.ts';
import type { GadgetSpec, ProgramSpec } from '../gadget/spec.ts';

/** What `<gadget/sockets-map.h>` keeps of a socket; its layout is that of the runtime that fills the map. */
const valueType = 'gadget_socket_value';
/** Functions that programs call, instead of having them inlined. */
const subprograms = '.text';

/** Whether a program reads which process a socket belongs to: its loader must then know the type of that map's values. */
export function looksUpSockets(spec: GadgetSpec, program: ProgramSpec): boolean {
  if (spec.object === undefined || !spec.maps.some(({ name }) => name === 'gadget_sockets')) return false;
  const elf = parseElf(spec.object);
  const [types, relocations] = [elf.section('.BTF'), elf.section('.BTF.ext')];
  if (types === undefined || relocations === undefined) return false;
  const btf = parseBtf(types.data());
  for (const { section: name, records } of parseBtfExt(relocations.data(), btf).relocations) {
    if (name !== program.section && name !== subprograms) continue;
    for (const { type } of records()) if (btf.nameOf(type) === valueType) return true;
  }
  return false;
}
