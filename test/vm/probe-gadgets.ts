import type { GuestCase } from '../support/vm/gadgets-in-guest.ts';

/** Gadgets that only a kernel with kprobes and trampolines can run: name → folder. */
export const probeGadgets = { trace_unlink: 'test/vm/gadgets/trace_unlink', variants: 'test/vm/gadgets/variants' } as const;

export const probeCases: Readonly<Record<keyof typeof probeGadgets, GuestCase>> = {
  trace_unlink: { args: ['run', 'trace_unlink', '-o', 'json', '--filter', 'comm==unlink'], trigger: 'touch /tmp/one; unlink /tmp/one' },
  variants: { args: ['run', 'variants', '-o', 'json', '-v'], trigger: 'touch /tmp/two; rm /tmp/two' },
};
