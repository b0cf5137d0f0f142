import type { Program as NativeProgram } from '../../native/index.d.ts';
import { attach } from './attach.ts';
import { guarded, operationFailed } from './failure.ts';
import { KernelLink } from './link.ts';
import type { AttachRequest, Link, Program, ProgramStatistics } from './types.ts';

/** A program of an object, over the addon. */
export class KernelProgram implements Program {
  readonly name: string;
  readonly section: string;
  readonly #native: NativeProgram;

  constructor(program: NativeProgram) {
    this.#native = program;
    this.name = program.name;
    this.section = program.section;
  }

  get type(): number {
    return this.#run(() => this.#native.type());
  }
  get id(): number {
    return this.#run(() => this.#native.id());
  }
  get fd(): number {
    return this.#run(() => this.#native.fd());
  }

  setAutoload(load: boolean): void {
    this.#run(() => this.#native.setAutoload(load));
  }

  setAttachTarget(target: string): void {
    this.#run(() => this.#native.setAttachTarget(target));
  }

  setType(type: number): void {
    this.#run(() => this.#native.setType(type));
  }

  attach(request: AttachRequest): Link {
    return new KernelLink(attach(this.#native, request));
  }

  statistics(): ProgramStatistics {
    return this.#run(() => this.#native.statistics());
  }

  #run<T>(call: () => T): T {
    return guarded(call, operationFailed);
  }
}
