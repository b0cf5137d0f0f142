import type { Field } from '../../schema/data-source.ts';
import { type FormatSite, type Formatter, hasType } from './formatter.ts';
import type { UserFrame, UserStackKey } from './host.ts';
import { joinFrames } from './kernel-stack.ts';
import { addReadable, formulaField } from './new-field.ts';

/** Members of `struct gadget_user_stack` that name a stack, in the order of the formulas' arguments. */
const members = ['stack_id', 'tgid_level0', 'pid_level0', 'major', 'minor', 'inode', 'base_addr_hash'];
type Members = [stackId: number, tgid: number, pid: number, major: number, minor: number, inode: bigint, baseAddressHash: number];

const texts: Readonly<Record<string, (frame: UserFrame) => string>> = {
  addresses: (frame) => `0x${frame.address.toString(16).padStart(16, '0')}`,
  buildid: (frame) => (frame.buildId === undefined ? '[unknown]' : `${frame.buildId} +${(frame.offset ?? 0n).toString(16)}`),
  symbols: (frame) => frame.symbol,
};

/** `struct gadget_user_stack` → `.addresses`, `.buildid` and `.symbols`; of a struct named `x_raw` also `x`, the symbols. All hidden. */
export const userStackFormatter: Formatter = {
  name: 'user_stack',
  accepts: (field) => field.kind === 'struct' && hasType(field, 'gadget_user_stack'),
  apply(site) {
    const { field } = site;
    const inputs = members.map((name) => field.children.find((child) => child.name === name));
    if (site.host.userStack === undefined || !inputs.every((input) => input !== undefined)) return;
    for (const child of field.children) child.hidden = true;
    for (const [name, text] of Object.entries(texts)) {
      field.children.push(formulaField(field.fullName, { name, inputs, evaluate: stackText(site, text), hidden: true }));
    }
    field.hidden = true;
    if (field.name.endsWith('_raw')) addSymbols(site, inputs);
  },
};

function addSymbols(site: FormatSite, inputs: readonly Field[]): void {
  const evaluate = stackText(site, (frame) => frame.symbol);
  addReadable(site, { name: site.field.name.slice(0, -4), inputs, evaluate, hidden: true });
}

function stackText(site: FormatSite, text: (frame: UserFrame) => string): (...values: Members) => string {
  const { host } = site;
  return (stackId, tgid, pid, major, minor, inode, baseAddressHash) => {
    if (inode === 0n) return ''; // the gadget took no user stack
    const key: UserStackKey = { stackId, tgid, pid, major, minor, inode, baseAddressHash };
    return joinFrames(host.userStack!(key).map(text));
  };
}
