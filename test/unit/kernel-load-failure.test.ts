import { describe, expect, it } from 'vitest';
import { loadFailed, readLoadLog } from '../../runtime/kernel/load-failure.ts';

const verifier = `libbpf: prog 'open': BPF program load failed: Permission denied
libbpf: prog 'open': -- BEGIN PROG LOAD LOG --
0: R1=ctx(off=0,imm=0) R10=fp0
; prog 'imposter': failed to create
R0 invalid mem access 'map_value_or_null'
-- END PROG LOAD LOG --
libbpf: prog 'open': failed to load: -13
libbpf: failed to load object 'gadget'
`;

describe('readLoadLog', () => {
  it.each([
    [
      'the verifier',
      verifier,
      {
        program: 'open',
        verifierLog: ['0: R1=ctx(off=0,imm=0) R10=fp0', "; prog 'imposter': failed to create", "R0 invalid mem access 'map_value_or_null'"],
      },
    ],
    [
      'a map',
      "libbpf: Error in bpf_create_map_xattr(events):Invalid argument(-22). Retrying without BTF.\nlibbpf: map 'events': failed to create: Invalid argument(-22)\n",
      { map: 'events' },
    ],
    [
      'an unknown target',
      "libbpf: prog 'exec': failed to find kernel BTF type ID of 'no_such': -3\nlibbpf: prog 'exec': failed to prepare load attributes: -3\n",
      { program: 'exec', missingTarget: 'no_such' },
    ],
    [
      'a kernel without BTF',
      "libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?\nlibbpf: failed to find valid kernel BTF\n",
      { kernelBtfMissing: true },
    ],
    ['nothing', '', {}],
    ['a log without its end', "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\nR1 is bad\n", { program: 'a', verifierLog: ['R1 is bad'] }],
    ['an empty log', "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --\n", { program: 'a' }],
  ])('understands %s', (_, log, expected) => {
    expect(readLoadLog(log)).toEqual({ kernelBtfMissing: false, ...expected });
  });
});

describe('loadFailed', () => {
  const failure = (errno: number, log: string) => loadFailed({ errno, operation: 'load', subject: 'gadget', log });

  it('says what, and keeps the facts', () => {
    const error = failure(13, verifier);
    expect(error).toMatchObject({ code: 'LOAD_REJECTED', errno: 13, operation: 'load', context: { object: 'gadget', program: 'open' } });
    expect(error.message).toBe("cannot load program open: the kernel's verifier refuses it: EACCES");
  });

  it.each([
    [22, "libbpf: map 'events': failed to create: Invalid argument(-22)\n", 'MAP_REJECTED'],
    [3, "libbpf: prog 'exec': failed to find kernel BTF type ID of 'no_such': -3\n", 'ATTACH_TARGET_MISSING'],
    [3, 'libbpf: kernel BTF is missing at x\n', 'KERNEL_BTF_MISSING'],
    [22, "libbpf: prog 'exec': failed to load: -22\n", 'LOAD_REJECTED'],
  ])('errno %i with %j is %s', (errno, log, code) => {
    expect(failure(errno, log).code).toBe(code);
  });

  it.each([1, 13])('errno %i without words is a matter of privilege or of the kernel', (errno) => {
    expect(['PRIVILEGE_MISSING', 'KERNEL_FEATURE_MISSING']).toContain(failure(errno, '').code);
  });
});
