import { lostCounter } from '../../runtime/engine/lost-samples.ts';
import { readObject } from '../../runtime/gadget/object.ts';
import { readVariables } from '../../runtime/gadget/variables.ts';
import type { BpfMap, BpfObject, Link, RecordBuffer } from '../../runtime/kernel/types.ts';
import { withKernelBtf } from '../support/kernel-btf.ts';
import { compileFixture, keepPrograms, kernel } from './fixture.ts';

export interface GadgetObjectOptions {
  /** Programs to load; all of them when it is not given. */
  readonly programs?: readonly string[];
  /** Global variables, numbers in the variable's own size. */
  readonly variables?: Readonly<Record<string, number>>;
  /** Another kernel BTF, made of the running kernel's. */
  readonly kernelBtf?: (bytes: Buffer) => Buffer;
  /** The last touch before load. */
  readonly prepare?: (object: BpfObject) => void;
}

const objects = new Map<string, Promise<Uint8Array>>();

/** Compiled once for all tests of a file. */
function compiled(name: string): Promise<Uint8Array> {
  const object = objects.get(name) ?? compileFixture(name);
  objects.set(name, object);
  return object;
}

/** Compiles, configures and loads the gadget test/kernel/bpf/<name>.bpf.c, and closes it after `use`. */
export async function withGadget<T>(name: string, options: GadgetObjectOptions, use: (gadget: LoadedGadget) => Promise<T> | T): Promise<T> {
  const bytes = await compiled(name);
  const gadget = options.kernelBtf
    ? withKernelBtf(options.kernelBtf, (path) => new LoadedGadget(bytes, options, path))
    : new LoadedGadget(bytes, options);
  try {
    return await use(gadget);
  } finally {
    gadget.object.close();
  }
}

/** A gadget in the kernel, with its globals by name. */
export class LoadedGadget {
  readonly object: BpfObject;
  readonly #links: Link[] = [];
  readonly #variables;
  #buffer: RecordBuffer | undefined;

  constructor(bytes: Uint8Array, options: GadgetObjectOptions, kernelBtfPath?: string) {
    this.#variables = readVariables(readObject('test', bytes));
    this.object = kernel.openObject(bytes, { name: 'test', ...(kernelBtfPath === undefined ? {} : { kernelBtfPath }) });
    try {
      if (options.programs) keepPrograms(this.object, ...options.programs);
      for (const [variable, value] of Object.entries(options.variables ?? {})) this.#set(variable, value);
      options.prepare?.(this.object);
      this.object.load();
    } catch (error) {
      this.object.close();
      throw error;
    }
  }

  map(name: string): BpfMap {
    return this.object.map(name)!;
  }

  attachTracepoint(program: string, category: string, name: string): void {
    this.#links.push(this.object.program(program)!.attach({ kind: 'tracepoint', category, name }));
  }

  /** Undoes every attachTracepoint. */
  detach(): void {
    for (const link of this.#links.splice(0)) link.close();
  }

  /** Copies of the records that wait in the map `events`. */
  records(): DataView[] {
    this.#buffer ??= this.object.openBuffer(this.map('events'));
    const { bytes, offsets, lengths, count } = this.#buffer.drain();
    return Array.from({ length: count }, (_, i) => new DataView(bytes.slice(offsets[i]!, offsets[i]! + lengths[i]!).buffer));
  }

  /** Records that the kernel did not take. */
  lost(): number {
    this.#buffer ??= this.object.openBuffer(this.map('events'));
    return lostCounter(this.#buffer, this.map('events_lost_samples'))()!;
  }

  /** A 64-bit or 32-bit global as the kernel has it now. */
  global(name: string): number {
    const { section, offset, size } = this.#variable(name);
    const bytes = this.map(section).lookup(new Uint8Array(4))!;
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
    return size === 8 ? Number(view.getBigUint64(0, true)) : view.getUint32(0, true);
  }

  #set(name: string, value: number): void {
    const { section, offset, size } = this.#variable(name);
    const bytes = this.map(section).initialValue()!;
    const number = new Uint8Array(new BigInt64Array([BigInt(value)]).buffer).subarray(0, size);
    bytes.set(number, offset);
    this.map(section).setInitialValue(bytes);
  }

  #variable(name: string) {
    const variable = this.#variables.get(name);
    if (variable === undefined) throw new TypeError(`no variable ${name}`);
    return variable;
  }
}

/** The string that starts at `offset`, up to its NUL. */
export function textAt(record: DataView, offset: number): string {
  const bytes = new Uint8Array(record.buffer, offset);
  return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString();
}
