import { type Formatter, hasType, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';

const annotation = 'ebpf.formatter.kstack';

/** `gadget_kernel_stack`, a number of the stack map → function names, innermost first, each followed by `; `. Empty when lost. */
export const kernelStackFormatter: Formatter = {
  name: 'kernel_stack',
  accepts: (field) => hasType(field, 'gadget_kernel_stack'),
  apply(site) {
    const name = targetName(site.field, annotation);
    const { host } = site;
    if (name === undefined || host.kernelStack === undefined) return;
    const evaluate = (id: number): string => joinFrames(host.kernelStack!(id));
    addReadable(site, { name, inputs: [site.field], evaluate });
  },
};

/** Frames as one text: `inner; outer; `. */
export function joinFrames(frames: readonly string[]): string {
  let text = '';
  for (const frame of frames) text += `${frame}; `;
  return text;
}
