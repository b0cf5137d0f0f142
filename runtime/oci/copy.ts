import { firstAbort } from '../base/first-abort.ts';
import type { Descriptor } from './descriptor.ts';
import { maxDepth, maxNodes } from './graph.ts';
import { invalid } from './json-document.ts';
import { hasSuccessors, maxManifestBytes, successorsOf } from './manifest.ts';
import type { ReadableRepository, Repository } from './repository.ts';

/** Pieces of content on their way at the same time; more does not help one registry. */
const concurrentTransfers = 4;

/** What a copy does with one piece of content. */
export type TransferState = 'exists' | 'mounted' | 'started' | 'done';

export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Manifests of an index to copy; all of them without it. What is left out makes the copy sparse. */
  readonly wants?: (manifest: Descriptor) => boolean;
  /** Told of every piece of content, once as it begins and once as it ends. */
  readonly onState?: (descriptor: Descriptor, state: TransferState) => void;
  /** Told of bytes as they pass. */
  readonly onBytes?: (descriptor: Descriptor, bytes: number) => void;
}

/**
 * Copies an image from one repository to another: everything that its manifest needs and the destination does not have, each
 * once. A manifest goes after all it names, so the destination never has one that is not complete. The first failure stops the rest.
 */
export async function copyImage(from: ReadableRepository, to: Repository, root: Descriptor, options: CopyOptions = {}): Promise<void> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : firstAbort([options.signal, stop.signal]);
  const copy = new GraphCopy(from, to, { ...options, signal });
  try {
    await copy.node(root, 0);
  } finally {
    stop.abort();
    await copy.settled();
  }
}

class GraphCopy {
  readonly #from: ReadableRepository;
  readonly #to: Repository;
  readonly #options: CopyOptions & { readonly signal: AbortSignal };
  readonly #nodes = new Map<string, Promise<void>>();
  readonly #transfers = new Slots(concurrentTransfers);

  constructor(from: ReadableRepository, to: Repository, options: CopyOptions & { readonly signal: AbortSignal }) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  node(descriptor: Descriptor, depth: number): Promise<void> {
    const key = `${descriptor.mediaType} ${descriptor.digest}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (depth > maxDepth) throw invalid(descriptor.digest, `is nested more than ${maxDepth} manifests deep`);
    if (this.#nodes.size >= maxNodes) throw invalid(descriptor.digest, `is of an image of more than ${maxNodes} pieces of content`);
    const copying = hasSuccessors(descriptor) ? this.#manifest(descriptor, depth) : this.#transfers.use(() => this.#blob(descriptor));
    this.#nodes.set(key, copying);
    return copying;
  }

  /** When nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#nodes.values());
  }

  async #manifest(descriptor: Descriptor, depth: number): Promise<void> {
    const { onState, wants = () => true } = this.#options;
    if (descriptor.size > maxManifestBytes) throw invalid(descriptor.digest, `is a manifest of more than ${maxManifestBytes} bytes`);
    if (await this.#transfers.use(() => this.#to.exists(descriptor))) {
      onState?.(descriptor, 'exists');
      return;
    }
    onState?.(descriptor, 'started');
    const bytes = await this.#transfers.use(() => this.#from.fetch(descriptor));
    const successors = successorsOf(descriptor, bytes).filter((successor) => !hasSuccessors(successor) || wants(successor));
    await Promise.all(successors.map((successor) => this.node(successor, depth + 1)));
    this.#options.signal.throwIfAborted();
    await this.#transfers.use(() => this.#to.push(descriptor, bytes));
    this.#options.onBytes?.(descriptor, bytes.length);
    onState?.(descriptor, 'done');
  }

  async #blob(descriptor: Descriptor): Promise<void> {
    const { signal, onState, onBytes } = this.#options;
    signal.throwIfAborted();
    if (await this.#to.exists(descriptor)) {
      onState?.(descriptor, 'exists');
    } else if (await this.#to.mount?.(descriptor, this.#from.name)) {
      onState?.(descriptor, 'mounted');
    } else {
      onState?.(descriptor, 'started');
      const count = onBytes && ((bytes: number) => onBytes(descriptor, bytes));
      const source = (fromByte: number) => this.#from.read(descriptor, fromByte, { signal });
      await this.#to.write(descriptor, source, { signal, ...(count === undefined ? {} : { onBytes: count }) });
      onState?.(descriptor, 'done');
    }
  }
}

/** So many at a time, the rest in turn. */
class Slots {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
