import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuestCaseResult, GuestImages, runInGuest } from '../support/vm/gadgets-in-guest.ts';
import { type KernelSeries, kernelSuites, stockKernel } from '../support/vm/kernel-package.ts';
import { ownGadgetCases } from './own-gadgets.ts';
import { probeCases, probeGadgets } from './probe-gadgets.ts';

const ownGadgets = Object.keys(ownGadgetCases);
let images: GuestImages;
beforeAll(() => {
  images = new GuestImages({ ...probeGadgets, ...Object.fromEntries(ownGadgets.map((name) => [name, `gadgets/${name}`])) });
});
afterAll(() => images.dispose());

describe.each(Object.keys(kernelSuites) as KernelSeries[])('a stock Debian kernel %s', (series) => {
  let results: Map<string, GuestCaseResult>;
  beforeAll(async () => {
    results = await runInGuest(await stockKernel(series), { images, cases: { ...probeCases, ...ownGadgetCases } });
  });

  const result = (name: string): GuestCaseResult => {
    const found = results.get(name);
    if (found === undefined) throw new Error(`${name} did not run`);
    return found;
  };

  it.each(ownGadgets)('runs %s', (name) => {
    const { events, stderr, stdout, status } = result(name);
    expect(ownGadgetCases[name]!.shows(events), `${stderr}\n${stdout.slice(0, 2000)}`).toBe(true);
    expect(status, stderr).toBe(0);
  });

  it.each(['KPROBE', 'KRETPROBE', 'FENTRY', 'FEXIT'])('attaches a %s and delivers its event', (probe) => {
    const { events, stderr } = result('trace_unlink');
    expect(
      events.filter((event) => event.probe === probe && event.comm === 'unlink'),
      stderr,
    ).toHaveLength(1);
  });

  it('gives the return value to kretprobe and fexit', () => {
    const returned = result('trace_unlink').events.filter((event) => event.probe === 'KRETPROBE' || event.probe === 'FEXIT');
    expect(returned.map((event) => event.result)).toEqual([0, 0]);
  });

  it('takes an alternative and leaves out what is optional', () => {
    const { events, stderr, status } = result('variants');
    expect(status, stderr).toBe(0);
    expect(new Set(events.map((event) => event.variant))).toEqual(new Set([2]));
    expect(stderr).toMatch(/first: left out/);
    expect(stderr).toMatch(/missing: left out/);
  });
});
