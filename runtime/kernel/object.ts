import type { BpfObject as NativeObject } from '../../native/index.d.ts';
import { guarded, operationFailed } from './failure.ts';
import { loadFailed, openFailed } from './load-failure.ts';
import { KernelMap } from './map.ts';
import { native } from './native.ts';
import { KernelProgram } from './program.ts';
import { KernelRecordBuffer } from './record-buffer.ts';
import type { BpfMap, BpfObject, ObjectOptions, RecordBuffer } from './types.ts';

/** 256 KiB for each CPU, a power of two of pages. */
const defaultPagesPerCpu = 64;

/** A BPF object file, over the addon. Whoever opened it closes it, which closes everything made from it. */
export class KernelObject implements BpfObject {
  readonly programs: readonly KernelProgram[];
  readonly maps: readonly KernelMap[];
  readonly #native: NativeObject;
  readonly #title: string;

  /** KernelError: LOAD_REJECTED when libbpf cannot read the bytes; NATIVE_MISSING. */
  constructor(bytes: Uint8Array, options: ObjectOptions) {
    const { BpfObject: Native } = native();
    this.#title = options.title ?? options.name;
    this.#native = guarded(() => new Native(bytes, options.name, options.kernelBtfPath ?? ''), openFailed);
    this.programs = this.#native.programs.map((program) => new KernelProgram(program));
    this.maps = this.#native.maps.map((map) => new KernelMap(map));
  }

  program(name: string): KernelProgram | undefined {
    return this.programs.find((program) => program.name === name);
  }

  map(name: string): KernelMap | undefined {
    return this.maps.find((map) => map.name === name);
  }

  load(): void {
    guarded(
      () => this.#native.load(),
      (failure) => loadFailed(failure, this.#title),
    );
    for (const map of this.maps) map.refresh();
  }

  openBuffer(map: BpfMap, options: { pagesPerCpu?: number } = {}): RecordBuffer {
    const own = this.maps.find((known) => known === map);
    if (own === undefined) throw new TypeError(`map ${map.name} is not of this object`);
    return new KernelRecordBuffer(guarded(() => own.native.openBuffer(options.pagesPerCpu ?? defaultPagesPerCpu), operationFailed));
  }

  detach(): void {
    this.#native.detach();
  }

  close(): void {
    this.#native.close();
  }
}
