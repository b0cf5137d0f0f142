import { gunzipSync } from 'node:zlib';
import { GadgetError } from '../base/errors.ts';
import { BTF_HEADER_SIZE, readBtfHeader } from './format.ts';

/** How a kernel image holds the kernel itself. `lzma`, `lzo` and `lz4` are the kernel's own variants of those formats. */
export type KernelCompression = 'none' | 'gzip' | 'bzip2' | 'lzma' | 'xz' | 'lzo' | 'lz4' | 'zstd';

/** The kernel inside an image. */
export interface KernelPayload {
  readonly compression: KernelCompression;
  /** A view of the image's bytes; ready for a program such as `xz -dc`. */
  readonly bytes: Uint8Array;
}

/** Undoes a compression that Node has no code for. */
export type Decompress = (payload: KernelPayload) => Uint8Array;

/** Bytes of a kernel taken out of its compression. Debian's have 60 MB, one with everything built in 200 MB. */
const MAX_KERNEL_BYTES = 1 << 30;

/** Little-endian .BTF of version 1, no flags, a header of 24 bytes, types right behind it. */
const btfStart = Buffer.from('9feb01001800000000000000', 'hex');

/** First bytes of each format. That of lzma is its usual property byte and dictionary size. */
const magics: ReadonlyArray<readonly [KernelCompression, string]> = [
  ['gzip', '1f8b08'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['zstd', '28b52ffd'],
  ['lz4', '02214c18'],
  ['lzo', '894c5a4f000d0a1a0a'],
  ['lzma', '5d0000'],
];

/** Offsets in the header of an x86 image: https://docs.kernel.org/arch/x86/boot.html */
const x86 = { setupSectors: 0x1f1, magic: 0x202, version: 0x206, payloadOffset: 0x248, payloadLength: 0x24c, end: 0x250 } as const;

/** The first boot protocol whose header says where the payload is. */
const X86_VERSION_WITH_PAYLOAD = 0x0208;

/** Offsets in the header of an EFI image that unpacks itself (CONFIG_EFI_ZBOOT, arm64 among others). */
const zboot = { magic: 4, payloadOffset: 8, payloadLength: 12, end: 16 } as const;

/**
 * Finds the kernel inside a file: the payload of an x86 bzImage or an EFI zboot image, a file that is compressed as a
 * whole, or the file itself (an ELF `vmlinux`, an arm64 `Image`). Throws BTF_INVALID when a header points outside.
 */
export function kernelPayload(image: Uint8Array): KernelPayload {
  const bytes = asBuffer(image);
  if (bytes.length >= x86.end && bytes.toString('latin1', x86.magic, x86.magic + 4) === 'HdrS') return x86Payload(bytes);
  if (bytes.length >= zboot.end && bytes.toString('latin1', zboot.magic, zboot.magic + 4) === 'zimg') return zbootPayload(bytes);
  return { compression: compressionOf(bytes), bytes };
}

function x86Payload(bytes: Buffer): KernelPayload {
  if (bytes.readUInt16LE(x86.version) < X86_VERSION_WITH_PAYLOAD) fail('is made for a boot protocol that does not say where the kernel is');
  const setup = ((bytes[x86.setupSectors] || 4) + 1) * 512;
  return payloadAt(bytes, setup + bytes.readUInt32LE(x86.payloadOffset), bytes.readUInt32LE(x86.payloadLength));
}

function zbootPayload(bytes: Buffer): KernelPayload {
  return payloadAt(bytes, bytes.readUInt32LE(zboot.payloadOffset), bytes.readUInt32LE(zboot.payloadLength));
}

/** Behind the data of every format but gzip the build puts the unpacked size, which is no part of the data. */
function payloadAt(bytes: Buffer, at: number, length: number): KernelPayload {
  if (length < 4 || at + length > bytes.length) fail(`says that its kernel is ${length} bytes at ${at}, it has ${bytes.length}`);
  const payload = bytes.subarray(at, at + length);
  const compression = compressionOf(payload);
  return { compression, bytes: compression === 'none' || compression === 'gzip' ? payload : payload.subarray(0, -4) };
}

function compressionOf(bytes: Buffer): KernelCompression {
  const start = bytes.toString('hex', 0, 16);
  return magics.find(([, magic]) => start.startsWith(magic))?.[0] ?? 'none';
}

/**
 * Finds the .BTF section in an unpacked kernel, whatever the file is (an ELF `vmlinux`, an arm64 `Image`): the longest run
 * of bytes that starts like one and whose header fits. A view of the bytes, or `undefined`.
 */
export function findBtf(kernel: Uint8Array): Uint8Array | undefined {
  const bytes = asBuffer(kernel);
  let longest: Uint8Array | undefined;
  for (let at = bytes.indexOf(btfStart); at >= 0; at = bytes.indexOf(btfStart, at + 1)) {
    const found = btfAt(bytes, at);
    if (found !== undefined && found.length > (longest?.length ?? 0)) longest = found;
  }
  return longest;
}

function btfAt(bytes: Buffer, at: number): Uint8Array | undefined {
  if (at + BTF_HEADER_SIZE > bytes.length) return undefined;
  const [typesSize, stringsAt, stringsSize] = [bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)];
  const size = BTF_HEADER_SIZE + stringsAt + stringsSize;
  if (stringsAt !== typesSize || typesSize === 0 || stringsSize === 0 || at + size > bytes.length) return undefined;
  const found = bytes.subarray(at, at + size);
  if (found[BTF_HEADER_SIZE + stringsAt] !== 0 || found.at(-1) !== 0) return undefined;
  return found;
}

/**
 * The .BTF section of a kernel file: raw BTF (as /sys/kernel/btf/vmlinux), an ELF `vmlinux`, an arm64 `Image`, a bzImage, or one
 * of these compressed. gzip is undone here; for every other format `decompress` is asked.
 * Throws BTF_MISSING when the kernel has no BTF, and BTF_INVALID when the file cannot be a kernel.
 */
export function btfOfKernel(file: Uint8Array, decompress: Decompress): Uint8Array {
  if (asBuffer(file).subarray(0, btfStart.length).equals(btfStart)) {
    readBtfHeader(file);
    return file;
  }
  const payload = kernelPayload(file);
  const found = findBtf(payload.compression === 'none' ? payload.bytes : unpack(payload, decompress));
  if (found !== undefined) return found;
  throw new GadgetError('BTF_MISSING', 'the kernel image has no BTF', { hint: 'Take a kernel that was built with CONFIG_DEBUG_INFO_BTF.' });
}

function unpack(payload: KernelPayload, decompress: Decompress): Uint8Array {
  if (payload.compression !== 'gzip') return decompress(payload);
  try {
    return gunzipSync(payload.bytes, { maxOutputLength: MAX_KERNEL_BYTES });
  } catch (cause) {
    throw new GadgetError('BTF_INVALID', 'kernel image: its gzip data is broken', { cause });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fail(problem: string): never {
  throw new GadgetError('BTF_INVALID', `kernel image: ${problem}`);
}
