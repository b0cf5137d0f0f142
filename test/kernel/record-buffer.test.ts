import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BpfObject, DrainedRecords, RecordBuffer } from '../../runtime/kernel/types.ts';
import { asU32, asU64, callGetuid, compileFixture, getuidTracepoint, keepPrograms, kernel, missing, setConstants } from './fixture.ts';

const recordBytes = 16;
/** A ring of 4,096 bytes holds records of 16 bytes and their headers of 8. */
const ringRecords = Math.floor((4096 - 1) / 24);

let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await compileFixture('buffers');
});

interface Started {
  readonly object: BpfObject;
  readonly buffer: RecordBuffer;
}

const opened: BpfObject[] = [];
afterEach(() => {
  for (const object of opened.splice(0)) object.close();
});

/** A loaded and attached program whose records arrive in `buffer`. */
function start(kind: 'ring' | 'large' | 'perf', options: { discardEach?: number; pagesPerCpu?: number } = {}): Started {
  const object = kernel.openObject(bytes, { name: 'fixture' });
  opened.push(object);
  keepPrograms(object, `to_${kind}`);
  setConstants(object, process.pid, options.discardEach ?? 0);
  object.load();
  const { pagesPerCpu } = options;
  const buffer = object.openBuffer(object.map(kind)!, pagesPerCpu === undefined ? {} : { pagesPerCpu });
  object.program(`to_${kind}`)!.attach(getuidTracepoint);
  return { object, buffer };
}

/** The numbers that the program gave the records of a batch. */
function numbers(batch: DrainedRecords): number[] {
  return Array.from({ length: batch.count }, (_, i) => Number(batch.view.getBigUint64(batch.offsets[i]!, true)));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const counter = (object: BpfObject, index: number): number => Number(asU64(object.map('.bss')!.lookup(new Uint8Array(4))!, 8 * index));

describe.skipIf(missing.length > 0)('a ring buffer', () => {
  it('gives each record with its bytes, in order', () => {
    const { buffer } = start('ring');
    callGetuid(3);
    const batch = buffer.drain();
    expect(numbers(batch)).toEqual([0, 1, 2]);
    expect([...batch.lengths.subarray(0, 3)]).toEqual([recordBytes, recordBytes, recordBytes]);
    expect(asU32(batch.bytes, batch.offsets[2]! + 8)).toBe(process.pid);
  });

  it('stops at the number asked for and says that there is more', () => {
    const { buffer } = start('ring');
    callGetuid(5);
    const first = buffer.drain(2);
    expect([numbers(first), first.more]).toEqual([[0, 1], true]);
    const second = buffer.drain(10);
    expect([numbers(second), second.more]).toEqual([[2, 3, 4], false]);
  });

  it('passes over discarded records', () => {
    const { buffer } = start('ring', { discardEach: 3 });
    callGetuid(7);
    expect(numbers(buffer.drain())).toEqual([1, 2, 4, 5]);
  });

  it('keeps its place while records wrap around its end', () => {
    const { buffer } = start('ring');
    const seen: number[] = [];
    for (let round = 0; round < 50; round++) {
      callGetuid(61);
      seen.push(...numbers(buffer.drain()));
    }
    expect(seen).toEqual(upTo(50 * 61));
  });

  it('shows records that reach far over its end', () => {
    const { buffer } = start('large');
    const ends: [number, string][] = [];
    for (let round = 0; round < 12; round++) {
      callGetuid(1);
      const batch = buffer.drain();
      const [number] = numbers(batch);
      ends.push([number!, String.fromCharCode(batch.bytes[batch.offsets[0]! + batch.lengths[0]! - 1]!)]);
    }
    expect(ends).toEqual(upTo(12).map((number) => [number, 'abcdefgh'[number & 7]]));
  });

  it('gives room back with the next drain or release, not before', () => {
    const { object, buffer } = start('ring');
    callGetuid(ringRecords + 5);
    expect(buffer.drain().count).toBe(ringRecords);
    expect(buffer.waitingBytes).toBe(ringRecords * 24);
    callGetuid(1);
    expect(counter(object, 1)).toBe(6);
    buffer.release();
    expect(buffer.waitingBytes).toBe(0);
    callGetuid(1);
    expect(counter(object, 1)).toBe(6);
    expect(buffer.drain().count).toBe(1);
  });

  it('does not say what it lost, and how large it is', () => {
    const { buffer } = start('ring');
    expect([buffer.lost, buffer.capacityBytes]).toEqual([undefined, 4096]);
  });

  it('wakes once for each arming', async () => {
    const { buffer } = start('ring');
    let wakes = 0;
    buffer.arm(() => wakes++);
    await sleep(30);
    expect(wakes).toBe(0);
    callGetuid(1);
    await sleep(30);
    callGetuid(1);
    await sleep(30);
    expect(wakes).toBe(1);
  });

  it('wakes at once when records wait already', async () => {
    const { buffer } = start('ring');
    callGetuid(1);
    await new Promise<void>((resolve) => buffer.arm(resolve));
    expect(buffer.drain().count).toBe(1);
  });

  it('wakes the last one that was armed, and nobody when disarmed', async () => {
    const { buffer } = start('ring');
    const woken: string[] = [];
    buffer.arm(() => woken.push('first'));
    buffer.arm(() => woken.push('second'));
    callGetuid(1);
    await sleep(30);
    expect(woken).toEqual(['second']);
    buffer.arm(() => woken.push('third'));
    buffer.disarm();
    await sleep(30);
    expect(woken).toEqual(['second']);
  });

  it.each([
    ['itself', (started: Started) => started.buffer.close()],
    ['its object', (started: Started) => started.object.close()],
  ])('takes its memory back when %s is closed', (_, close) => {
    const started = start('ring');
    callGetuid(1);
    const batch = started.buffer.drain();
    close(started);
    expect(batch.bytes.byteLength).toBe(0);
    expect([started.buffer.drain().count, started.buffer.waitingBytes]).toEqual([0, 0]);
    expect(() => started.buffer.arm(() => {})).toThrow(expect.objectContaining({ code: 'KERNEL_OPERATION_FAILED' }));
  });
});

describe.skipIf(missing.length > 0)('a perf buffer', () => {
  it('gives each record with its bytes, in order', () => {
    const { buffer } = start('perf');
    callGetuid(3);
    const batch = buffer.drain();
    expect(numbers(batch).sort()).toEqual([0, 1, 2]);
    expect(asU32(batch.bytes, batch.offsets[0]! + 8)).toBe(process.pid);
    expect(batch.lengths[0]).toBeGreaterThanOrEqual(recordBytes);
  });

  it('stops at the number asked for and loses nothing', () => {
    const { buffer } = start('perf');
    callGetuid(500);
    const seen: number[] = [];
    for (let batch = buffer.drain(7); batch.count > 0; batch = buffer.drain(7)) seen.push(...numbers(batch));
    expect(seen.sort((a, b) => a - b)).toEqual(upTo(500));
    expect(buffer.lost).toBe(0);
  });

  it('counts what did not fit', () => {
    const { object, buffer } = start('perf', { pagesPerCpu: 1 });
    callGetuid(2000);
    const delivered = buffer.drain().count;
    callGetuid(2); // older kernels tell of a loss with the next record that fits
    const later = buffer.drain().count;
    expect(counter(object, 0)).toBe(delivered + later);
    expect(buffer.lost).toBe(counter(object, 1));
    expect(buffer.lost).toBeGreaterThan(0);
  });

  it('keeps its count after it was closed', () => {
    const { buffer } = start('perf', { pagesPerCpu: 1 });
    callGetuid(2000);
    const { lost } = buffer;
    buffer.close();
    expect(buffer.lost).toBe(lost);
  });
});
