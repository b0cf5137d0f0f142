import { basename } from 'node:path';
import type { GadgetSpec, VariableSpec } from '../gadget/spec.ts';
import type { BpfMap, BpfObject } from '../kernel/types.ts';
import type { UserFrame, UserStackKey } from '../operators/format/host.ts';
import { runningKernelSymbols } from '../symbols/kernel-symbols.ts';
import { ModuleNames } from '../symbols/module-names.ts';
import { ProcessMaps } from '../symbols/process-maps.ts';

/** Maps that kernel_stack_map.h and user_stack_map.h define. */
const kernelStackMap = 'ig_kstack';
const userStackMap = 'ig_ustack';
/** `struct bpf_stack_build_id`: s32 status, u8 build_id[20], u64 offset or address (linux/bpf.h). */
const buildIdMap = 'ig_build_id';
const buildIdBytes = 32;
const buildIdValid = 1;
/** Params of user_stack_map.h without which no build id is collected. */
const collectors = ['collect_ustack', 'collect_build_id'];
/** Names of modules are learned this often, while the processes that run them live. */
const lookEveryMs = 500;
/** Digits of a build id that stand for a module whose name is unknown. */
const shortBuildId = 8;

/** Reads stacks out of a loaded gadget's maps and names their frames. Maps exist once `use` was called. Whoever makes it closes it. */
export class Stacks {
  #object: BpfObject | undefined;
  readonly #kernelSymbols = runningKernelSymbols();
  readonly #processes = new ProcessMaps();
  readonly #modules = new ModuleNames();
  #looks: NodeJS.Timeout | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** From now on stacks are those of this object, which was loaded with these variables; if it collects build ids, running programs are watched. */
  use(object: BpfObject, variables: GadgetSpec['variables']): void {
    this.close();
    this.#object = object;
    if (!collectors.every((name) => isSet(object, variables.get(name)))) return;
    this.#looks = setInterval(() => this.#look(), lookEveryMs);
    this.#looks.unref();
  }

  /** Names of a kernel stack's functions, innermost first; empty when it is lost. */
  kernelStack(id: number): readonly string[] {
    return addressesOf(this.#object?.map(kernelStackMap), id).map((address) => this.#kernelSymbols.nameAt(address));
  }

  /** Frames of a user stack as module and offset, innermost first; empty when it is lost. */
  userStack(key: UserStackKey): readonly UserFrame[] {
    const buildIds = this.#object?.map(buildIdMap)?.lookup(keyOf(key.stackId));
    return addressesOf(this.#object?.map(userStackMap), key.stackId).map((address, index) => {
      const build = buildIds === undefined ? undefined : buildIdOf(buildIds, index);
      return { address, symbol: this.#symbolOf(key.tgid, address, build), ...build };
    });
  }

  /** Watches nothing any longer. */
  close(): void {
    clearInterval(this.#looks);
  }

  #symbolOf(tgid: number, address: bigint, build: BuildPlace | undefined): string {
    const place = this.#processes.locate(tgid, address);
    if (place !== undefined) return `${basename(place.path)}+0x${place.offset.toString(16)}`;
    if (build === undefined) return `0x${address.toString(16)}`;
    return `${this.#moduleOf(build.buildId)}+0x${build.offset.toString(16)}`;
  }

  #moduleOf(buildId: string): string {
    if (this.#modules.nameOf(buildId) === undefined && performance.now() - this.#lookedAtMs > lookEveryMs) this.#look();
    return this.#modules.nameOf(buildId) ?? buildId.slice(0, shortBuildId);
  }

  #look(): void {
    this.#modules.look();
    this.#lookedAtMs = performance.now();
  }
}

/** A place in the file that a build id names; the offset is bytes from its start. */
interface BuildPlace {
  readonly buildId: string;
  readonly offset: bigint;
}

/** Whether a boolean of a loaded object is true; a variable that the gadget lacks is not. */
function isSet(object: BpfObject, variable: VariableSpec | undefined): boolean {
  if (variable === undefined) return false;
  const section = object.maps.find((map) => map.name.endsWith(variable.section))?.lookup(keyOf(0));
  return (section?.[variable.offset] ?? 0) !== 0;
}

function keyOf(id: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id, true);
  return key;
}

/** A stack map's value is 127 addresses, zero after the last. */
function addressesOf(map: BpfMap | undefined, id: number): bigint[] {
  const value = map?.lookup(keyOf(id));
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const addresses: bigint[] = [];
  for (let at = 0; at + 8 <= value.byteLength; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    addresses.push(address);
  }
  return addresses;
}

function buildIdOf(values: Uint8Array, index: number): BuildPlace | undefined {
  const at = index * buildIdBytes;
  if (at + buildIdBytes > values.byteLength) return undefined;
  const view = new DataView(values.buffer, values.byteOffset + at, buildIdBytes);
  if (view.getInt32(0, true) !== buildIdValid) return undefined;
  const offset = view.getBigInt64(24, true);
  // A frame that is no code: the kernel takes the next mapping above the address.
  if (offset < 0n) return undefined;
  return { buildId: Buffer.from(values.subarray(at + 4, at + 24)).toString('hex'), offset };
}
