/** What generated code needs of a record batch: record `i` starts at `offsets[i]`, in `bytes` and `view` alike. */
export interface Records {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
}
