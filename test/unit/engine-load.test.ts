import { describe, expect, test } from 'vitest';
import { loadGadget } from '../../runtime/engine/load.ts';
import type { ProgramSpec } from '../../runtime/gadget/spec.ts';
import { FakeKernel } from '../support/fake-kernel.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';

const program = (name: string, more: Partial<ProgramSpec> = {}): ProgramSpec => ({
  name,
  section: `tracepoint/syscalls/${name}`,
  kind: 'tracepoint',
  target: `syscalls/${name}`,
  disabled: false,
  optional: false,
  alternatives: [],
  ...more,
});

const probe = program('probe');
const fallback = program('fallback');
const last = program('last');
const extra = program('extra', { optional: true });
const withVariants = program('first', { alternatives: ['fallback', 'last'] });

interface Refusals {
  readonly rejects?: readonly string[];
  readonly refuses?: readonly string[];
}

function load(programs: readonly ProgramSpec[], { rejects = [], refuses = [] }: Refusals) {
  const says = (names: readonly string[], why: string) => new Map(names.map((name) => [name, `${name}: ${why}`]));
  const kernel = new FakeKernel({
    programs: programs.map(({ name }) => name),
    rejects: says(rejects, 'rejected'),
    refuses: says(refuses, 'no such tracepoint'),
  });
  let prepared = 0;
  const attempt = () =>
    loadGadget(gadgetSpec({ programs }), kernel, {
      params: new Map(),
      bufferBytes: 4096,
      report: () => {},
      prepare: () => {
        expect(kernel.attached).toEqual([]);
        prepared++;
      },
    });
  return { kernel, attempt, prepared: () => prepared };
}

describe('a gadget that loads', () => {
  test.each<[string, ProgramSpec[], Refusals, string[], string[]]>([
    ['attaches all programs', [probe, last], {}, ['probe', 'last'], []],
    ['attaches the first of its variants only', [withVariants, fallback, last], {}, ['first'], []],
    ['takes the next variant when one is rejected', [withVariants, fallback, last], { rejects: ['first'] }, ['fallback'], ['first']],
    ['takes the next variant when one cannot be attached', [withVariants, fallback, last], { refuses: ['first'] }, ['fallback'], ['first']],
    [
      'takes the last variant when there is no other',
      [withVariants, fallback, last],
      { rejects: ['first'], refuses: ['fallback'] },
      ['last'],
      ['first', 'fallback'],
    ],
    ['goes on without what is optional and rejected', [probe, extra], { rejects: ['extra'] }, ['probe'], ['extra']],
    ['goes on without what is optional and cannot be attached', [extra, probe], { refuses: ['extra'] }, ['probe'], ['extra']],
    ['leaves alone what is disabled', [probe, program('off', { disabled: true })], {}, ['probe'], []],
    [
      'goes on without all variants of what is optional',
      [probe, program('first', { alternatives: ['fallback'], optional: true }), fallback],
      { rejects: ['first', 'fallback'] },
      ['probe'],
      ['first', 'fallback'],
    ],
  ])('%s', (_name, programs, refusals, attached, leftOut) => {
    const { kernel, attempt, prepared } = load(programs, refusals);
    const loaded = attempt();
    expect(kernel.attached).toEqual(attached);
    expect(loaded.attachments.map(({ program: { name } }) => name)).toEqual(attached);
    expect([...loaded.leftOut.keys()]).toEqual(leftOut);
    expect(kernel.open).toBe(1);
    // Readers are opened for each object that loads, before anything is attached to it.
    expect(prepared()).toBe(kernel.objects.length - (refusals.rejects?.filter((name) => leftOut.includes(name)).length ?? 0));
    loaded.object.close();
    expect(kernel.attached).toEqual([]);
  });
});

describe('a gadget that does not load leaves nothing', () => {
  test.each<[string, ProgramSpec[], Refusals, string, RegExp]>([
    ['a program that is needed is rejected', [probe, last], { rejects: ['last'] }, 'LOAD_REJECTED', /last: rejected/],
    ['a program that is needed cannot be attached', [probe, last], { refuses: ['last'] }, 'ATTACH_FAILED', /last: no such tracepoint/],
    [
      'every variant is refused: the last one tells why',
      [probe, withVariants, fallback, last],
      { rejects: ['first', 'last'], refuses: ['fallback'] },
      'LOAD_REJECTED',
      /last: rejected/,
    ],
    ['all that there is was optional', [extra], { rejects: ['extra'] }, 'ATTACH_FAILED', /none of the programs.*extra: rejected/],
  ])('%s', (_name, programs, refusals, code, message) => {
    const { kernel, attempt } = load(programs, refusals);
    expect(attempt).toThrowError(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    expect({ open: kernel.open, attached: kernel.attached }).toEqual({ open: 0, attached: [] });
  });
});
