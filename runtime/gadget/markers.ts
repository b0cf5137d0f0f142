import type { Btf } from '../btf/btf.ts';
import { type GadgetObject, specError } from './object.ts';

/** Between the parts of a marker's name; so no part can contain it. */
const separator = '___';

/** The macros of `<gadget/macros.h>`: prefix of the marker variable, and how many names follow. */
const macros = {
  GADGET_TRACER: { prefix: 'gadget_tracer_', least: 3, most: 3 },
  GADGET_MAPITER: { prefix: 'gadget_mapiter_', least: 2, most: 2 },
  GADGET_ITER: { prefix: 'gadget_iter_', least: 3, most: 5 },
  /** How images built with old headers say GADGET_ITER. */
  GADGET_SNAPSHOTTER: { prefix: 'gadget_snapshotter_', least: 3, most: Number.MAX_SAFE_INTEGER },
  GADGET_PARAM: { prefix: 'gadget_param_', least: 1, most: 1 },
  GADGET_ITER_TARGET_MAP: { prefix: 'gadget_mapelem_iter_target_', least: 2, most: 2 },
} as const;

export type MacroName = keyof typeof macros;

/** One use of a macro in the gadget's source. */
export interface Marker {
  readonly macro: MacroName;
  /** The macro's arguments, in order. */
  readonly names: readonly string[];
}

/** Every use of a macro, found by the variables it leaves in BTF, in the object's order. */
export function readMarkers({ gadget, btf }: GadgetObject): Marker[] {
  const markers: Marker[] = [];
  for (const id of btf.ofKind('variable')) {
    const variable = btf.type(id);
    if (variable.kind !== 'variable' || variable.linkage !== 'global') continue;
    const marker = markerOf(gadget, variable.name);
    if (marker !== undefined && isConstVoidPointer(btf, variable.type)) markers.push(marker);
  }
  return markers;
}

function markerOf(gadget: string, variable: string): Marker | undefined {
  for (const [macro, { prefix, least, most }] of Object.entries(macros) as [MacroName, (typeof macros)[MacroName]][]) {
    if (!variable.startsWith(prefix)) continue;
    const rest = variable.slice(prefix.length);
    const names = macro === 'GADGET_PARAM' ? [rest] : rest.split(separator);
    if (names.length >= least && names.length <= most && !names.includes('')) return { macro, names };
    throw specError(
      gadget,
      `the variable ${variable} is none that ${macro} makes: ${names.length} names instead of ${least === most ? least : `${least} or more`}`,
      'names given to the macro must not contain or end in three underscores',
    );
  }
  return undefined;
}

function isConstVoidPointer(btf: Btf, typeId: number): boolean {
  const pointer = btf.strip(typeId);
  return pointer.kind === 'pointer' && btf.kindOf(pointer.type) === 'const' && btf.strip(pointer.type).kind === 'void';
}
