import type { Field } from '../../schema/data-source.ts';
import { type AddressArguments, endpointText, writeEndpoint } from './address-text.ts';
import { type Formatter, hasType } from './formatter.ts';
import { addressInputs, ipAddressFormatter, versionField } from './ip-address.ts';
import { formulaField } from './new-field.ts';
import { protocolName } from './protocol.ts';
import { plainTextFormula } from './text-cache.ts';

/** Widths of the one column that stands for a whole endpoint. */
const endpointColumn = { 'columns.minwidth': '22', 'columns.width': '40', 'columns.maxwidth': '52', 'columns.ellipsis': 'middle' };

/** `gadget_l3endpoint_t` → `.addr`, which the struct's column shows. */
export const l3EndpointFormatter: Formatter = {
  name: 'l3endpoint',
  accepts: (field) => field.kind === 'struct' && hasType(field, 'gadget_l3endpoint_t'),
  apply({ field, ...rest }) {
    const address = addressOf(field);
    if (address === undefined) return;
    ipAddressFormatter.apply({ ...rest, field: address, siblings: field.children, parent: field });
    showInstead(field, 'addr');
  },
};

/** `gadget_l4endpoint_t` → `.addr`, `.proto` and `.endpoint` (`address:port`), which the struct's column shows. */
export const l4EndpointFormatter: Formatter = {
  name: 'l4endpoint',
  accepts: (field) => field.kind === 'struct' && hasType(field, 'gadget_l4endpoint_t'),
  apply({ field, ...rest }) {
    const address = addressOf(field);
    const words = address && addressInputs(address);
    const port = field.children.find((child) => child.name === 'port');
    const version = versionField(field.children);
    if (address === undefined || words === undefined || port === undefined || version === undefined) return;
    ipAddressFormatter.apply({ ...rest, field: address, siblings: field.children, parent: field });
    addProtocol(field);
    addEndpoint(field, [port, ...words, version]);
    showInstead(field, 'endpoint');
  },
};

function addressOf(endpoint: Field): Field | undefined {
  return endpoint.children.find((child) => hasType(child, 'gadget_ip_addr_t'));
}

function addProtocol(endpoint: Field): void {
  const index = endpoint.children.findIndex((child) => child.name === 'proto_raw');
  const raw = endpoint.children[index];
  if (raw === undefined) return;
  const formula = plainTextFormula(protocolName);
  endpoint.children.splice(index + 1, 0, formulaField(endpoint.fullName, { name: 'proto', inputs: [raw], ...formula }));
}

function addEndpoint(endpoint: Field, inputs: readonly Field[]): void {
  const evaluate = (port: number, ...address: AddressArguments): string => endpointText(port, ...address);
  const annotations = { ...endpointColumn, 'json.skip': 'true' };
  endpoint.children.push(formulaField(endpoint.fullName, { name: 'endpoint', inputs, evaluate, write: writeEndpoint, annotations }));
}

/** Lets the struct's own column stand for its parts. Annotations of gadget.yaml win. */
function showInstead(endpoint: Field, child: string): void {
  for (const part of endpoint.children) part.hidden = true;
  const { annotations } = endpoint;
  if (!annotations.has('columns.replace')) annotations.set('columns.replace', `${endpoint.fullName}.${child}`);
  for (const [key, value] of Object.entries(endpointColumn)) {
    const present = annotations.get(key);
    if (present === undefined || (key === 'columns.width' && present === '16') || (key === 'columns.ellipsis' && present === 'end')) {
      annotations.set(key, value);
    }
  }
}
