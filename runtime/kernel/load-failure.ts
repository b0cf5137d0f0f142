import type { NativeFailure } from '../../native/index.d.ts';
import { KernelError } from './errors.ts';
import { isMissing, isRefusal, kernelError, logLines, refused } from './failure.ts';
import { nearBtfTarget } from './near-targets.ts';

/** What libbpf's lines tell about a load that failed. */
export interface LoadStory {
  readonly program?: string;
  readonly map?: string;
  /** Lines between libbpf's BEGIN and END marks; absent when the verifier did not speak. */
  readonly verifierLog?: readonly string[];
  /** What a program is attached to by type, and the kernel lacks. */
  readonly missingTarget?: string;
  readonly kernelBtfMissing: boolean;
}

const beginMark = /-- BEGIN PROG LOAD LOG --/;
const endMark = /-- END PROG LOAD LOG --/;
const missingTargetLine = /failed to find kernel BTF type ID of '([^']+)'/;

/** What can be done about a target that only other kernels have. */
export const missingTargetHint = 'kernels differ: give the program an alternative in gadget.yaml, or mark it optional';

/** Reads libbpf's warnings (1.1 and newer print the same lines). The last program or map that is named is the one that failed. */
export function readLoadLog(log: string): LoadStory {
  const lines = logLines(log);
  const begin = lines.findLastIndex((line) => beginMark.test(line));
  const verifierLog = begin < 0 ? undefined : verifierLines(lines.slice(begin + 1));
  const own = begin < 0 ? lines : lines.slice(0, begin + 1);
  const program = lastMatch(own, /prog '([^']+)'/);
  const map = lastMatch(own, /map '([^']+)': failed to create/);
  const missingTarget = lastMatch(own, missingTargetLine);
  return {
    ...(program === undefined ? {} : { program }),
    ...(map === undefined ? {} : { map }),
    ...(verifierLog === undefined || verifierLog.length === 0 ? {} : { verifierLog }),
    ...(missingTarget === undefined ? {} : { missingTarget }),
    kernelBtfMissing: lines.some((line) =>
      /kernel BTF is missing|failed to find valid kernel BTF|failed to parse target BTF|Error loading vmlinux BTF/.test(line),
    ),
  };
}

function verifierLines(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => endMark.test(line));
  return end < 0 ? lines : lines.slice(0, end);
}

function lastMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  return lines
    .map((line) => pattern.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .at(-1);
}

/**
 * The error of a refused load: LOAD_REJECTED, MAP_REJECTED, ATTACH_TARGET_MISSING, KERNEL_BTF_MISSING, PRIVILEGE_MISSING or
 * KERNEL_FEATURE_MISSING. `title` is what the user calls the object.
 */
export function loadFailed(failure: NativeFailure, title = failure.subject): KernelError {
  const story = readLoadLog(failure.log);
  const context = {
    object: failure.subject,
    ...(story.program === undefined ? {} : { program: story.program }),
    ...(story.map === undefined ? {} : { map: story.map }),
  };
  const what =
    story.map !== undefined
      ? `cannot create map ${story.map}`
      : `cannot load ${story.program === undefined ? title : `program ${story.program}`}`;
  if (story.verifierLog !== undefined) {
    const message = `${what}: the kernel's verifier refuses it`;
    return kernelError(failure, { code: 'LOAD_REJECTED', message, context, verifierLog: story.verifierLog });
  }
  if (story.kernelBtfMissing) return btfMissing(failure, what, context);
  if (story.missingTarget !== undefined && isMissing(failure.errno)) return targetMissing(failure, what, story.missingTarget, context);
  if (isRefusal(failure.errno)) return refused(failure, what, [], context);
  return kernelError(failure, { code: story.map === undefined ? 'LOAD_REJECTED' : 'MAP_REJECTED', message: what, context });
}

type Context = Readonly<Record<string, string>>;

function btfMissing({ errno, operation }: NativeFailure, what: string, context: Context): KernelError {
  return new KernelError('KERNEL_BTF_MISSING', `${what}: this kernel has no BTF (/sys/kernel/btf/vmlinux)`, {
    errno,
    operation,
    context,
    hint: 'boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, or name a file with the BTF of this one: --kernel-btf FILE',
  });
}

function targetMissing({ errno, operation }: NativeFailure, what: string, target: string, context: Context): KernelError {
  return new KernelError('ATTACH_TARGET_MISSING', `${what}: this kernel has no "${target}" to attach it to`, {
    errno,
    operation,
    context: { ...context, target },
    hint: nearBtfTarget(target) ?? missingTargetHint,
  });
}

/** The error of bytes that libbpf does not take for an object. */
export function openFailed(failure: NativeFailure): KernelError {
  return kernelError(failure, {
    code: 'LOAD_REJECTED',
    message: `${failure.subject} is not a BPF object that libbpf can read`,
    context: { object: failure.subject },
  });
}
