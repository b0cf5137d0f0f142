import { beforeAll, describe, expect, it } from 'vitest';
import { stockKernel } from '../support/vm/kernel-package.ts';
import { type GuestTest, kernelTestFiles, runKernelTests } from '../support/vm/kernel-tests-in-guest.ts';

/** Tests that this kernel cannot run: open-coded iterators came with Linux 6.4. */
const skipped = ['what the headers over libbpf add loops, casts and bit-fields do what they say'];

describe('test/kernel on a stock Debian kernel 6.1', () => {
  let results: Map<string, GuestTest[]>;
  beforeAll(async () => {
    results = await runKernelTests(await stockKernel('6.1'));
  });

  it.each(kernelTestFiles)('%s passes', (file) => {
    const tests = results.get(file) ?? [];
    expect(tests.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(tests.some(({ status }) => status === 'passed')).toBe(true);
  });

  it('skips what the kernel lacks, and nothing else', () => {
    const left = [...results.values()].flat().filter(({ status }) => status !== 'passed' && status !== 'failed');
    expect(left.map(({ title }) => title)).toEqual(skipped);
  });
});
