import type { MapDescription, BpfMap as NativeMap } from '../../native/index.d.ts';
import { guarded, operationFailed } from './failure.ts';
import type { BpfMap } from './types.ts';

const updateFlags = { any: 0, noexist: 1, exist: 2 } as const;

/** A map of an object, over the addon. Failures are KernelErrors with code KERNEL_OPERATION_FAILED or PRIVILEGE_MISSING. */
export class KernelMap implements BpfMap {
  readonly name: string;
  readonly native: NativeMap;
  #description: MapDescription;

  constructor(map: NativeMap) {
    this.native = map;
    this.name = map.name;
    this.#description = map.describe();
  }

  get type(): number {
    return this.#description.type;
  }
  get keySize(): number {
    return this.#description.keySize;
  }
  get valueSize(): number {
    return this.#description.valueSize;
  }
  get maxEntries(): number {
    return this.#description.maxEntries;
  }
  get fd(): number {
    return this.#run(() => this.native.fd());
  }

  setMaxEntries(count: number): void {
    this.#change(() => this.native.setMaxEntries(count));
  }

  setType(type: number): void {
    this.#change(() => this.native.setType(type));
  }

  setKeySize(bytes: number): void {
    this.#change(() => this.native.setKeySize(bytes));
  }

  setValueSize(bytes: number): void {
    this.#change(() => this.native.setValueSize(bytes));
  }

  setAutocreate(create: boolean): void {
    this.#change(() => this.native.setAutocreate(create));
  }

  initialValue(): Uint8Array | undefined {
    return this.#run(() => this.native.initialValue());
  }

  setInitialValue(bytes: Uint8Array): void {
    this.#change(() => this.native.setInitialValue(bytes));
  }

  reuse(fd: number): void {
    this.#change(() => this.native.reuse(fd));
  }

  setPinPath(path: string | undefined): void {
    this.#change(() => this.native.setPinPath(path ?? ''));
  }

  pin(path: string): void {
    this.#run(() => this.native.pin(path));
  }

  unpin(path: string): void {
    this.#run(() => this.native.unpin(path));
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const value = new Uint8Array(this.#description.valueBytes);
    return this.#run(() => this.native.lookup(key, value)) ? value : undefined;
  }

  update(key: Uint8Array, value: Uint8Array, flags: keyof typeof updateFlags = 'any'): void {
    this.#run(() => this.native.update(key, value, updateFlags[flags]));
  }

  delete(key: Uint8Array): boolean {
    return this.#run(() => this.native.delete(key));
  }

  entries(options: { remove?: boolean } = {}): { bytes: Uint8Array; count: number; keyBytes: number; valueBytes: number } {
    const bytes = new Uint8Array(this.#run(() => this.native.entries(options.remove ?? false)));
    const { keySize: keyBytes, valueBytes } = this.#description;
    return { bytes, count: bytes.length / (keyBytes + valueBytes), keyBytes, valueBytes };
  }

  #run<T>(call: () => T): T {
    return guarded(call, operationFailed);
  }

  /** Load rounds a ring buffer's size up to what the kernel takes, so the description is read again after it. */
  refresh(): void {
    this.#description = this.native.describe();
  }

  #change(call: () => void): void {
    this.#run(call);
    this.refresh();
  }
}
