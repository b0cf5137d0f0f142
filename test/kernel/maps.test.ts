import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BpfMap, BpfObject } from '../../runtime/kernel/types.ts';
import { asU32, asU64, compileFixture, kernel, missing, u32, u64, withObject } from './fixture.ts';

let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await compileFixture('maps');
});

function withMap<T>(name: string, use: (map: BpfMap, object: BpfObject) => T): T {
  return withObject(bytes, (object) => {
    object.load();
    return use(object.map(name)!, object);
  });
}

/** Entries as pairs of numbers: the first four bytes of the key, and of the value. */
function pairs(map: BpfMap, options?: { remove: boolean }): [number, number][] {
  const { bytes: entries, count, keyBytes, valueBytes } = map.entries(options);
  const at = (i: number): number => i * (keyBytes + valueBytes);
  return Array.from({ length: count }, (_, i): [number, number] => [asU32(entries, at(i)), asU32(entries, at(i) + keyBytes)]).sort(
    (a, b) => a[0] - b[0],
  );
}

function fill(map: BpfMap, count: number): void {
  for (let i = 0; i < count; i++) map.update(u32(i), u64(BigInt(i * 2)));
}

const failsWith = (code: string, errno?: string): unknown =>
  expect.objectContaining({ code, ...(errno === undefined ? {} : { message: expect.stringContaining(errno) }) });

describe.skipIf(missing.length > 0)('a map', () => {
  it('gives back what was put in, exactly', () => {
    withMap('hash', (map) => {
      map.update(u32(1), u64(0xffff_ffff_ffff_fffen));
      expect(asU64(map.lookup(u32(1))!)).toBe(0xffff_ffff_ffff_fffen);
      expect(map.lookup(u32(2))).toBeUndefined();
      expect([map.delete(u32(1)), map.delete(u32(1))]).toEqual([true, false]);
    });
  });

  it('honours noexist and exist', () => {
    withMap('hash', (map) => {
      expect(() => map.update(u32(1), u64(1n), 'exist')).toThrow(failsWith('KERNEL_OPERATION_FAILED', 'ENOENT'));
      map.update(u32(1), u64(1n), 'noexist');
      expect(() => map.update(u32(1), u64(2n), 'noexist')).toThrow(failsWith('KERNEL_OPERATION_FAILED', 'EEXIST'));
    });
  });

  it('refuses keys and values of another size', () => {
    withMap('hash', (map) => {
      expect(() => map.lookup(new Uint8Array(3))).toThrow(TypeError);
      expect(() => map.update(u32(1), u32(1))).toThrow(TypeError);
    });
  });

  it.each([0, 1, 1024, 1025, 5000])('lists %i entries', (count) => {
    withMap('hash', (map) => {
      fill(map, count);
      expect(pairs(map)).toEqual(Array.from({ length: count }, (_, i) => [i, i * 2]));
    });
  });

  it.each([0, 1, 5000])('takes out %i entries', (count) => {
    withMap('hash', (map) => {
      fill(map, count);
      expect(pairs(map, { remove: true })).toHaveLength(count);
      expect(map.entries().count).toBe(0);
    });
  });

  it('lists every element of an array', () => {
    withMap('array', (map) => {
      map.update(u32(1), u32(5));
      expect(pairs(map)).toEqual([
        [0, 0],
        [1, 5],
        [2, 0],
      ]); // prettier-ignore
    });
  });

  it('takes out entries one by one where the kernel has no batch for it', () => {
    withMap('trie', (map) => {
      const key = (prefix: number): Uint8Array => new Uint8Array([...u32(32), ...u32(prefix)]);
      map.update(key(1), u32(10));
      map.update(key(2), u32(20));
      expect(
        pairs(map, { remove: true })
          .map(([, value]) => value)
          .sort(),
      ).toEqual([10, 20]);
      expect(map.entries().count).toBe(0);
    });
  });

  it('holds one value for each possible CPU, each rounded up to 8 bytes', () => {
    withMap('per_cpu', (map) => {
      const cpus = kernel.features.possibleCpus;
      const value = new Uint8Array(8 * cpus);
      for (let cpu = 0; cpu < cpus; cpu++) value.set(u32(100 + cpu), 8 * cpu);
      map.update(u32(1), value);
      expect(map.lookup(u32(1))).toEqual(value);
      expect(map.entries()).toMatchObject({ count: 1, keyBytes: 4, valueBytes: 8 * cpus });
      expect(map.valueSize).toBe(4);
    });
  });

  it('takes sizes and type before load, and only then', () => {
    withObject(bytes, (object) => {
      const map = object.map('hash')!;
      map.setMaxEntries(3);
      map.setType(9);
      map.setKeySize(8);
      map.setValueSize(16);
      object.load();
      expect([map.type, map.keySize, map.valueSize, map.maxEntries]).toEqual([9, 8, 16, 3]);
      expect(() => map.setMaxEntries(4)).toThrow(failsWith('KERNEL_OPERATION_FAILED', 'EBUSY'));
      map.update(new Uint8Array(8), new Uint8Array(16));
    });
  });

  it('starts with the values it was given', () => {
    withObject(bytes, (object) => {
      expect(asU32(object.map('.rodata')!.initialValue()!)).toBe(7);
      expect(object.map('hash')!.initialValue()).toBeUndefined();
      object.map('.rodata')!.setInitialValue(u32(9));
      object.map('.data')!.setInitialValue(u32(3));
      expect(() => object.map('.data')!.setInitialValue(u64(3n))).toThrow(failsWith('KERNEL_OPERATION_FAILED', 'EINVAL'));
      object.load();
      expect(asU32(object.map('.rodata')!.lookup(u32(0))!)).toBe(9);
      expect(asU32(object.map('.data')!.lookup(u32(0))!)).toBe(3);
    });
  });

  it('can be another object’s map', () => {
    withMap('hash', (map) => {
      map.update(u32(4), u64(4n));
      withObject(bytes, (second) => {
        second.map('hash')!.reuse(map.fd);
        second.load();
        expect(asU64(second.map('hash')!.lookup(u32(4))!)).toBe(4n);
      });
      expect(map.lookup(u32(4))).toBeDefined();
    });
  });

  it('is not made when it is not wanted', () => {
    withObject(bytes, (object) => {
      object.map('trie')!.setAutocreate(false);
      object.load();
      expect(() => object.map('trie')!.fd).toThrow(failsWith('KERNEL_OPERATION_FAILED'));
    });
  });

  it('cannot be used after its object was closed', () => {
    withMap('hash', (map, object) => {
      object.close();
      expect(() => map.update(u32(1), u64(1n))).toThrow();
      expect(() => map.entries()).toThrow(failsWith('KERNEL_OPERATION_FAILED', 'EBADF'));
    });
  });
});

describe.skipIf(missing.length > 0 || !existsSync('/sys/fs/bpf'))('pinning', () => {
  const folder = `/sys/fs/bpf/gadget-test-${process.pid}`;
  beforeAll(() => void mkdirSync(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('pins and unpins by hand', () => {
    withMap('hash', (map) => {
      const path = join(folder, 'by-hand');
      map.pin(path);
      expect(existsSync(path)).toBe(true);
      map.unpin(path);
      expect(existsSync(path)).toBe(false);
    });
  });

  it('pins at load and finds the pinned map again', () => {
    const path = join(folder, 'at-load');
    const load = (use: (map: BpfMap) => void): void =>
      withObject(bytes, (object) => {
        object.map('hash')!.setPinPath(path);
        object.load();
        use(object.map('hash')!);
      });
    load((map) => map.update(u32(1), u64(11n)));
    load((map) => {
      expect(asU64(map.lookup(u32(1))!)).toBe(11n);
      map.unpin(path);
    });
    expect(existsSync(path)).toBe(false);
  });
});
