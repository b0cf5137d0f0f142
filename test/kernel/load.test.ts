import { beforeAll, describe, expect, it } from 'vitest';
import { KernelError } from '../../runtime/kernel/errors.ts';
import type { BpfObject } from '../../runtime/kernel/types.ts';
import { compileFixture, keepPrograms, kernel, missing, withObject } from './fixture.ts';

let refused: Uint8Array;
let relocated: Uint8Array;
beforeAll(async () => {
  refused = await compileFixture('refused');
  relocated = await compileFixture('iterators');
});

function failureOf(prepare: (object: BpfObject) => void): KernelError {
  return withObject(refused, (object) => {
    prepare(object);
    try {
      object.load();
    } catch (error) {
      if (error instanceof KernelError) return error;
      throw error;
    }
    throw new Error('the kernel took it');
  });
}

describe.skipIf(missing.length > 0)('loading', () => {
  it('keeps the verifier’s words and the name of the program', () => {
    const error = failureOf((object) => keepPrograms(object, 'unchecked_pointer'));
    expect([error.code, error.operation, error.context['program']]).toEqual(['LOAD_REJECTED', 'load', 'unchecked_pointer']);
    expect(error.verifierLog!.join('\n')).toMatch(/invalid mem access 'map_value_or_null'/);
    expect(error.verifierLog!.some((line) => /PROG LOAD LOG|libbpf:/.test(line))).toBe(false);
  });

  it('keeps the start and the end of a long log', () => {
    const { verifierLog } = failureOf((object) => keepPrograms(object, 'long_story'));
    const text = verifierLog!.join('\n');
    expect(text.length).toBeLessThan(66_000);
    expect(text).toMatch(/^0: /m);
    expect(text).toMatch(/\[\.\.\. \d+ bytes left out \.\.\.\]/);
    expect(text).toMatch(/invalid mem access 'map_value_or_null'/);
  });

  it('names a map that the kernel does not make', () => {
    const error = failureOf((object) => {
      keepPrograms(object, 'harmless');
      object.map('map')!.setKeySize(0);
    });
    expect([error.code, error.context['map']]).toEqual(['MAP_REJECTED', 'map']);
  });

  it('names a target that the kernel lacks', () => {
    const error = failureOf((object) => keepPrograms(object, 'unknown_tracepoint'));
    expect([error.code, error.context['program']]).toEqual(['ATTACH_TARGET_MISSING', 'unknown_tracepoint']);
  });

  it('takes another target before load, and only then', () => {
    withObject(refused, (object) => {
      keepPrograms(object, 'unknown_tracepoint');
      const program = object.program('unknown_tracepoint')!;
      program.setAttachTarget('sched_switch');
      object.load();
      program.attach({ kind: 'tracing' }).close();
      expect(() => program.setAttachTarget('sched_waking')).toThrow(expect.objectContaining({ code: 'KERNEL_OPERATION_FAILED' }));
      expect(() => program.setType(1)).toThrow(expect.objectContaining({ code: 'KERNEL_OPERATION_FAILED' }));
      expect(() => program.setAutoload(false)).toThrow(expect.objectContaining({ code: 'KERNEL_OPERATION_FAILED' }));
    });
  });

  it('says when another kernel’s types cannot be read', () => {
    const open = (): void => {
      const object = kernel.openObject(relocated, { name: 'x', kernelBtfPath: '/no/such/btf' });
      try {
        object.load();
      } finally {
        object.close();
      }
    };
    expect(open).toThrow(expect.objectContaining({ name: 'KernelError', code: 'KERNEL_BTF_MISSING' }));
  });

  it.each([
    ['no bytes', new Uint8Array(0)],
    ['bytes of something else', new Uint8Array(1000).fill(7)],
  ])('refuses %s', (_, bytes) => {
    expect(() => kernel.openObject(bytes, { name: 'nonsense' })).toThrow(
      expect.objectContaining({ code: 'LOAD_REJECTED', context: { object: 'nonsense' } }),
    );
  });
});
