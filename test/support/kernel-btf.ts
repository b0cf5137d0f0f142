import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBtf } from '../../runtime/btf/parse.ts';

/** Calls `use` with a file that holds another kernel BTF, and removes it. */
export function withKernelBtf<T>(change: (bytes: Buffer) => Buffer, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-btf-'));
  const path = join(folder, 'vmlinux.btf');
  try {
    writeFileSync(path, change(readFileSync('/sys/kernel/btf/vmlinux')));
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As on a kernel before 5.8: no helper for ring buffers has its name. */
export function withoutRingBuffers(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf('BPF_FUNC_ringbuf_'); at >= 0; at = bytes.indexOf('BPF_FUNC_ringbuf_', at)) bytes.write('X', at);
  return bytes;
}

/** Members of the type that user space makes up: name, type, offset. `cwd` is the optional one. */
const cwdBytes = 64;
const socketMembers = [
  ['mntns', 'long long unsigned int', 0],
  ['pid_tgid', 'long long unsigned int', 8],
  ['uid_gid', 'long long unsigned int', 16],
  ['task', 16, 24],
  ['ptask', 16, 40],
  ['sock', 'long long unsigned int', 56],
  ['deletion_timestamp', 'long long unsigned int', 64],
  ['ppid', 'unsigned int', 72],
  ['ptid', 'unsigned int', 76],
  ['ipv6only', 'char', 80],
  ['cwd', cwdBytes, 88],
] as const;
export const socketValueBytes = 88 + cwdBytes;

/** With a `struct gadget_socket_value` that has a `cwd` of 64 bytes and no `exepath`. */
export function withSocketValue(bytes: Buffer): Buffer {
  const btf = parseBtf(bytes);
  const ints = new Map([...btf.ofKind('int')].map((id) => [btf.nameOf(id), id]));
  let text = '';
  const name = (added: string) => {
    text += `${added}\0`;
    return bytes.readUInt32LE(20) + text.length - added.length - 1;
  };

  // https://docs.kernel.org/bpf/btf.html: kind in bits 24 to 28, count of members in the low ones.
  const array = (count: number) => [0, 3 << 24, 0, ints.get('char')!, ints.get('unsigned int')!, count];
  const arrays = new Map([16, cwdBytes].map((count, index) => [count, btf.typeCount + 1 + index]));
  const members = socketMembers.flatMap(([member, type, offset]) => [
    name(member),
    typeof type === 'string' ? ints.get(type)! : arrays.get(type)!,
    offset * 8,
  ]);
  const struct = [name('gadget_socket_value'), (4 << 24) | socketMembers.length, socketValueBytes, ...members];
  return append(bytes, [...array(16), ...array(cwdBytes), ...struct], text);
}

/** Puts words behind the types and text behind the strings. */
function append(bytes: Buffer, words: readonly number[], text: string): Buffer {
  const headerBytes = bytes.readUInt32LE(4);
  const typesEnd = headerBytes + bytes.readUInt32LE(8) + bytes.readUInt32LE(12);
  const stringsAt = headerBytes + bytes.readUInt32LE(16);
  const types = Buffer.from(new Uint32Array(words).buffer);
  const header = Buffer.from(bytes.subarray(0, headerBytes));
  header.writeUInt32LE(bytes.readUInt32LE(12) + types.length, 12);
  header.writeUInt32LE(bytes.readUInt32LE(16) + types.length, 16);
  header.writeUInt32LE(bytes.readUInt32LE(20) + text.length, 20);
  const strings = bytes.subarray(stringsAt, stringsAt + bytes.readUInt32LE(20));
  return Buffer.concat([header, bytes.subarray(headerBytes, typesEnd), types, strings, Buffer.from(text)]);
}
