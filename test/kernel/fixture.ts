import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingCapabilities } from '../../runtime/kernel/capabilities.ts';
import { createKernel } from '../../runtime/kernel/kernel.ts';
import type { BpfObject } from '../../runtime/kernel/types.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

export const kernel = createKernel();

/** Why these tests cannot run here; empty when they can. */
export const missing = missingCapabilities(['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN']);

/** The object of test/kernel/bpf/<name>.bpf.c; where GADGET_TEST_OBJECTS names a folder, it was compiled before. */
export async function compileFixture(name: string): Promise<Uint8Array> {
  const compiled = process.env['GADGET_TEST_OBJECTS'];
  if (compiled !== undefined) return readFileSync(join(compiled, `${name}.o`));
  return compileBpf(readFileSync(new URL(`bpf/${name}.bpf.c`, import.meta.url), 'utf8'));
}

/** Hands an open object to `use` and closes it whatever happens. */
export function withObject<T>(bytes: Uint8Array, use: (object: BpfObject) => T): T {
  const object = kernel.openObject(bytes, { name: 'fixture' });
  try {
    return use(object);
  } finally {
    object.close();
  }
}

/** Loads only the named programs. */
export function keepPrograms(object: BpfObject, ...names: readonly string[]): void {
  for (const program of object.programs) program.setAutoload(names.includes(program.name));
}

/** Writes 32-bit constants of `.rodata`, in the order in which the source declares them. */
export function setConstants(object: BpfObject, ...values: readonly number[]): void {
  const map = object.map('.rodata')!;
  const bytes = map.initialValue()!;
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * index, value, true);
  map.setInitialValue(bytes);
}

/** Little-endian. */
export const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
export const u64 = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);
export const asU64 = (bytes: Uint8Array, offset = 0): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
export const asU32 = (bytes: Uint8Array, offset = 0): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);

/** Makes the system call that the fixtures' tracepoint programs sit on, as often as asked. */
export function callGetuid(times: number): void {
  for (let i = 0; i < times; i++) process.getuid!();
}

export const getuidTracepoint = { kind: 'tracepoint', category: 'syscalls', name: 'sys_enter_getuid' } as const;
