import { readOwnObject } from '../kernel/own-object.ts';
import type { BpfMap, BpfObject, Kernel } from '../kernel/types.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import type { Predicate } from '../pipeline/source-pipeline.ts';
import type { DataSource } from '../schema/data-source.ts';
import { processIdOffset } from './process-id-field.ts';

/** Program of `bpf/follow.bpf.c` → the raw tracepoint that it is for. */
const programs = { on_fork: 'sched_process_fork', on_exit: 'sched_process_exit' } as const;

/**
 * Processes and all that descend from them. A program of our own adds every child in the kernel before it runs its first instruction, so no event
 * of a child is read before the child is known. Whoever makes it closes it.
 */
export class FollowedProcesses {
  readonly #object: BpfObject;
  readonly #living: BpfMap;
  /** Their last events may be read after their end. */
  readonly #ended: BpfMap;

  /** Errors: NATIVE_MISSING, and those of loading and attaching. */
  constructor(kernel: Kernel, options: { kernelBtfPath?: string } = {}) {
    this.#object = kernel.openObject(readOwnObject('follow'), { name: 'follow', ...options });
    try {
      this.#object.load();
      for (const [program, name] of Object.entries(programs)) this.#object.program(program)!.attach({ kind: 'raw_tracepoint', name });
      this.#living = this.#object.map('living')!;
      this.#ended = this.#object.map('ended')!;
    } catch (error) {
      this.#object.close();
      throw error;
    }
  }

  /** From now on this process counts, and the children that it makes. */
  add(pid: number): void {
    this.#living.update(keyOf(pid), Uint8Array.of(1));
  }

  has(pid: number): boolean {
    const key = keyOf(pid);
    return this.#living.lookup(key) !== undefined || this.#ended.lookup(key) !== undefined;
  }

  /** Tells the records about these processes; undefined when the data source does not say whom a record is about. */
  predicate(dataSource: DataSource): Predicate | undefined {
    const offset = processIdOffset(dataSource);
    if (offset === undefined) return undefined;
    const answers = new AnswersOfBatch((pid) => this.has(pid));
    return (batch, index) => answers.of(batch, batch.view.getUint32(batch.offsets[index]! + offset, true));
  }

  close(): void {
    this.#object.detach();
    this.#object.close();
  }
}

/** Asks the kernel once for each process of a batch: an id may be another's in the next one. */
class AnswersOfBatch {
  readonly #ask: (pid: number) => boolean;
  readonly #known = new Map<number, boolean>();
  #batch: RecordBatch | undefined;

  constructor(ask: (pid: number) => boolean) {
    this.#ask = ask;
  }

  of(batch: RecordBatch, pid: number): boolean {
    if (batch !== this.#batch) this.#known.clear();
    this.#batch = batch;
    let answer = this.#known.get(pid);
    if (answer === undefined) {
      answer = this.#ask(pid);
      this.#known.set(pid, answer);
    }
    return answer;
  }
}

function keyOf(pid: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(pid).buffer);
}
