import { describe, expect, it } from 'vitest';
import { absentTargets } from '../../runtime/engine/absent-targets.ts';
import { resolveUprobe, symbolsOnce } from '../../runtime/engine/uprobe-target.ts';
import type { ProgramKind, ProgramSpec } from '../../runtime/gadget/spec.ts';

const program = (kind: ProgramKind, target: string): ProgramSpec => ({
  name: target,
  section: `${kind}/${target}`,
  kind,
  target,
  disabled: false,
  optional: false,
  alternatives: [],
});

const here = program('uprobe', 'libc:malloc');
const noLibrary = program('uprobe', 'libnowhere:open');
const noFile = program('uretprobe', '/nowhere/lib.so:open');
const noSymbol = program('uretprobe', 'libc:mallocc');
const tracepoint = program('tracepoint', 'sched/sched_process_exit');

describe('absentTargets', () => {
  it.each<[string, ProgramSpec[], string[]]>([
    ['nothing where all are here', [here, tracepoint], []],
    [
      'a library, a file and a symbol, beside one that is here',
      [noLibrary, here, noFile, noSymbol],
      ['libnowhere:open', '/nowhere/lib.so:open', 'libc:mallocc'],
    ],
    ['nothing where no probe of user functions is here: that is an error', [tracepoint, noLibrary, noSymbol], []],
    ['nothing of other kinds', [tracepoint], []],
  ])('gives %s', (_what, programs, absent) => {
    expect(absentTargets(programs, symbolsOnce()).map(({ program: { name } }) => name)).toEqual(absent);
  });

  it('says what is absent', () => {
    expect(absentTargets([here, noLibrary], symbolsOnce())).toEqual([
      { program: noLibrary, why: 'there is no library libnowhere on this machine' },
    ]);
  });

  it('leaves a malformed target to who attaches it', () => {
    expect(absentTargets([here, program('uprobe', 'libc')], symbolsOnce())).toEqual([]);
  });
});

describe('symbolsOnce', () => {
  it('reads a file once', () => {
    const symbols = symbolsOnce();
    const { path } = resolveUprobe('libc:malloc', symbols);
    expect(symbols(path)).toBe(symbols(path));
    expect(resolveUprobe('libc:malloc', symbols)).toEqual(resolveUprobe('libc:malloc'));
  });
});
