import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { btfOfKernel, findBtf, kernelPayload } from '../../runtime/btf/kernel-image.ts';
import { BtfBuilder } from '../support/btf-builder.ts';

const builder = new BtfBuilder();
builder.int('int');
const btf = builder.bytes();
const kernel = Buffer.concat([Buffer.from('some code'), btf.subarray(0, 12), btf, Buffer.from('more code')]);
const size = Buffer.from([1, 2, 3, 4]);

function bzImage(payload: Buffer, version = 0x020f): Buffer {
  const head = Buffer.alloc(3 * 512 + 100);
  head[0x1f1] = 2;
  head.write('HdrS', 0x202);
  head.writeUInt16LE(version, 0x206);
  head.writeUInt32LE(100, 0x248);
  head.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([head, payload, Buffer.from('behind')]);
}

function zboot(payload: Buffer): Buffer {
  const head = Buffer.alloc(64);
  head.write('MZ\0\0zimg', 'latin1');
  head.writeUInt32LE(64, 8);
  head.writeUInt32LE(payload.length, 12);
  return Buffer.concat([head, payload]);
}

const hex = (text: string) => Buffer.concat([Buffer.from(text, 'hex'), Buffer.alloc(20, 7)]);
const xz = hex('fd377a585a00');
const notAsked = () => expect.fail('nothing to decompress');

describe('the kernel in an image', () => {
  it.each([
    ['gzip in a bzImage', bzImage(gzipSync(kernel)), 'gzip', gzipSync(kernel)],
    ['xz in a bzImage', bzImage(Buffer.concat([xz, size])), 'xz', xz],
    ['zstd in a zboot image', zboot(Buffer.concat([hex('28b52ffd'), size])), 'zstd', hex('28b52ffd')],
    ['lz4 in a bzImage', bzImage(Buffer.concat([hex('02214c18'), size])), 'lz4', hex('02214c18')],
    ['a bzImage that is not compressed', bzImage(kernel), 'none', kernel],
    ['a gzip file', gzipSync(kernel), 'gzip', gzipSync(kernel)],
    ['a plain image', kernel, 'none', kernel],
  ])('%s', (_, image, compression, bytes) => {
    const payload = kernelPayload(image);
    expect(payload.compression).toBe(compression);
    expect(Buffer.from(payload.bytes).equals(bytes)).toBe(true);
  });

  it.each([
    ['a payload behind the end', bzImage(kernel).subarray(0, 1700)],
    ['an old boot protocol', bzImage(kernel, 0x0207)],
    ['a zboot payload behind the end', zboot(kernel).subarray(0, 70)],
  ])('refuses %s', (_, image) => expect(() => kernelPayload(image)).toThrow(expect.objectContaining({ code: 'BTF_INVALID' })));
});

describe('the BTF of a kernel', () => {
  it.each([
    ['BTF itself', btf],
    ['a plain kernel', kernel],
    ['a gzip file', gzipSync(kernel)],
    ['a bzImage with gzip', bzImage(gzipSync(kernel))],
  ])('from %s', (_, file) => expect(Buffer.from(btfOfKernel(file, notAsked)).equals(btf)).toBe(true));

  it('asks for what Node cannot unpack', () => {
    const found = btfOfKernel(bzImage(Buffer.concat([xz, size])), ({ compression, bytes }) => {
      expect([compression, bytes.length]).toEqual(['xz', xz.length]);
      return kernel;
    });
    expect(Buffer.from(found).equals(btf)).toBe(true);
  });

  it('is the longest of several', () => {
    const larger = new BtfBuilder();
    larger.int('int');
    larger.int('long', 8);
    expect(Buffer.from(findBtf(Buffer.concat([kernel, larger.bytes(), btf]))!).equals(larger.bytes())).toBe(true);
  });

  it.each([
    ['none in other bytes', Buffer.from('no types here'), 'BTF_MISSING'],
    ['none where only the start fits', kernel.subarray(0, 40), 'BTF_MISSING'],
    ['broken gzip', gzipSync(kernel).subarray(0, 40), 'BTF_INVALID'],
    ['BTF that is cut off', btf.subarray(0, -1), 'BTF_INVALID'],
  ])('%s', (_, file, code) => expect(() => btfOfKernel(file, notAsked)).toThrow(expect.objectContaining({ code })));
});
