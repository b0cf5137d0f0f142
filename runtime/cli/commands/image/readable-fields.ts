import { applyMetadata } from '../../../gadget/annotate.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { addFormatters } from '../../../operators/format/add-formatters.ts';
import type { FormatHost } from '../../../operators/format/host.ts';

/** Adds the fields that a run would add, so that an image shows every name that `--fields` takes. No machine is asked: there are no values. */
export function addReadableFields(spec: GadgetSpec): void {
  const nowhere: FormatHost = {
    bootTimeOffsetNs: 0n,
    utc: true,
    architecture: spec.architecture,
    userName: () => undefined,
    groupName: () => undefined,
    kernelStack: () => [],
    userStack: () => [],
  };
  for (const { dataSource } of spec.sources) {
    addFormatters(dataSource, nowhere);
    applyMetadata(dataSource, spec.metadata);
  }
}
