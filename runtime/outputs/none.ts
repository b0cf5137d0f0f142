import type { Output } from '../pipeline/output.ts';

const nothing = new Uint8Array();

/** Shows nothing: records are only counted. */
export class NoOutput implements Output {
  open(): void {}

  write(): Uint8Array {
    return nothing;
  }

  wholeRecords(): number {
    return 0;
  }

  close(): Uint8Array {
    return nothing;
  }
}
