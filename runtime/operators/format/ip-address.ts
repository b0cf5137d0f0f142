import type { Field } from '../../schema/data-source.ts';
import { type AddressArguments, addressText, writeAddress } from './address-text.ts';
import { type FormatSite, type Formatter, hasType } from './formatter.ts';
import { formulaField, recordInput } from './new-field.ts';

/** The 16 bytes of an address as the four words that `AddressArguments` wants; undefined for a field that is not in the record. */
export function addressInputs(address: Field): Field[] | undefined {
  const { origin } = address;
  if (origin.from !== 'record' || origin.size < 16) return undefined;
  return [0, 4, 8, 12].map((at) => recordInput('uint32', origin.offset + at, 4));
}

/** The sibling that holds the IP version of an address. */
export function versionField(siblings: readonly Field[]): Field | undefined {
  return siblings.find((sibling) => sibling.name === 'version' && sibling.children.length === 0);
}

/** `gadget_ip_addr_t` → the address as text, in place of the union. Without a `version` beside it, twelve zero bytes mean IPv4. */
export const ipAddressFormatter: Formatter = {
  name: 'ip_addr',
  accepts: (field) => hasType(field, 'gadget_ip_addr_t') && field.kind === 'struct',
  apply(site) {
    const words = addressInputs(site.field);
    if (words === undefined) return;
    const version = versionField(site.siblings);
    const name = site.field.name.endsWith('_raw') ? site.field.name.slice(0, -4) : site.field.name;
    replaceBy(site, version === undefined ? guessing(site, name, words) : versioned(site, name, [...words, version]));
  },
};

function versioned(site: FormatSite, name: string, inputs: readonly Field[]): Field {
  return formulaField(site.parent?.fullName ?? '', { name, inputs, evaluate: addressText, write: writeAddress });
}

function guessing(site: FormatSite, name: string, inputs: readonly Field[]): Field {
  const withVersion = (a: number, b: number, c: number, d: number): AddressArguments => [a, b, c, d, b === 0 && c === 0 && d === 0 ? 4 : 6];
  return formulaField(site.parent?.fullName ?? '', {
    name,
    inputs,
    evaluate: (a: number, b: number, c: number, d: number) => addressText(...withVersion(a, b, c, d)),
    write: (out: Uint8Array, at: number, a: number, b: number, c: number, d: number) => writeAddress(out, at, ...withVersion(a, b, c, d)),
  });
}

/** Puts the readable field where the union was, with the annotations that gadget.yaml gave it. */
function replaceBy(site: FormatSite, readable: Field): void {
  for (const [key, value] of site.field.annotations) readable.annotations.set(key, value);
  site.siblings[site.siblings.indexOf(site.field)] = readable;
}
