// What the scenarios share. They run as processes of their own, straight on the addon, with the path of an object as first argument.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const addon = createRequire(import.meta.url)('../../../native/build/gadget_native.node');

const getuidTracepoint = Number(readFileSync('/sys/kernel/tracing/events/syscalls/sys_enter_getuid/id', 'utf8'));

/** A loaded and attached object whose ring buffer gets a record for each getuid() of this process. */
export function start(path) {
  const object = new addon.BpfObject(readFileSync(path), 'scenario', '');
  for (const program of object.programs) program.setAutoload(program.name === 'to_ring');
  const constants = object.maps.find((map) => map.name === '.rodata');
  const values = constants.initialValue();
  new DataView(values.buffer).setUint32(0, process.pid, true);
  constants.setInitialValue(values);
  object.load();
  const buffer = object.maps.find((map) => map.name === 'ring').openBuffer(1);
  const link = object.programs.find((program) => program.name === 'to_ring').attachTracepoint(getuidTracepoint);
  return { object, buffer, link };
}

const offsets = new Uint32Array(1024);
const lengths = new Uint32Array(1024);

/** The number of records that were there. */
export const drain = (buffer) => buffer.drain(offsets, lengths, 1024) >> 1;

/** Open descriptors of this process, and its threads' names. */
export const descriptors = () => readdirSync('/proc/self/fd').length;
export const threads = () => readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
export const pollThreads = () => threads().filter((name) => name === 'gadget-poll').length;

/** Waits until the thread that closes perf events is done. */
export async function closed() {
  while (threads().includes('gadget-close')) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Lets finalizers run. */
export async function collectGarbage() {
  for (let i = 0; i < 10; i++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed();
}

export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
