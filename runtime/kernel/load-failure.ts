import type { NativeFailure } from '../../native/index.d.ts';
import type { KernelError } from './errors.ts';
import { isMissing, isRefusal, kernelError, logLines, refused } from './failure.ts';

/** What libbpf's lines tell about a load that failed. */
export interface LoadStory {
  readonly program?: string;
  readonly map?: string;
  /** Lines between libbpf's BEGIN and END marks; absent when the verifier did not speak. */
  readonly verifierLog?: readonly string[];
  readonly targetMissing: boolean;
  readonly kernelBtfMissing: boolean;
}

const beginMark = /-- BEGIN PROG LOAD LOG --/;
const endMark = /-- END PROG LOAD LOG --/;

/** Reads libbpf's warnings (1.1 and newer print the same lines). The last program or map that is named is the one that failed. */
export function readLoadLog(log: string): LoadStory {
  const lines = logLines(log);
  const begin = lines.findLastIndex((line) => beginMark.test(line));
  const verifierLog = begin < 0 ? undefined : verifierLines(lines.slice(begin + 1));
  const own = begin < 0 ? lines : lines.slice(0, begin + 1);
  const program = lastMatch(own, /prog '([^']+)'/);
  const map = lastMatch(own, /map '([^']+)': failed to create/);
  return {
    ...(program === undefined ? {} : { program }),
    ...(map === undefined ? {} : { map }),
    ...(verifierLog === undefined || verifierLog.length === 0 ? {} : { verifierLog }),
    targetMissing: lines.some((line) => /failed to find kernel BTF type ID of|is not found in vmlinux BTF|no match.*kernel BTF/.test(line)),
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

/** The error of a refused load: LOAD_REJECTED, MAP_REJECTED, ATTACH_TARGET_MISSING, KERNEL_BTF_MISSING, PRIVILEGE_MISSING or KERNEL_FEATURE_MISSING. */
export function loadFailed(failure: NativeFailure): KernelError {
  const story = readLoadLog(failure.log);
  const context = {
    object: failure.subject,
    ...(story.program === undefined ? {} : { program: story.program }),
    ...(story.map === undefined ? {} : { map: story.map }),
  };
  const what =
    story.map !== undefined
      ? `cannot create map ${story.map}`
      : `cannot load ${story.program === undefined ? failure.subject : `program ${story.program}`}`;
  if (story.verifierLog !== undefined) {
    return kernelError(failure, {
      code: 'LOAD_REJECTED',
      message: `${what}: the kernel's verifier refuses it`,
      context,
      verifierLog: story.verifierLog,
    });
  }
  if (story.kernelBtfMissing) {
    const hint = 'the kernel must be built with CONFIG_DEBUG_INFO_BTF=y, or its BTF be given as a file';
    return kernelError(failure, { code: 'KERNEL_BTF_MISSING', message: `${what}: this kernel shows no type information`, context, hint });
  }
  if (story.targetMissing && isMissing(failure.errno)) {
    return kernelError(failure, {
      code: 'ATTACH_TARGET_MISSING',
      message: `${what}: this kernel has no such function or tracepoint`,
      context,
    });
  }
  if (isRefusal(failure.errno)) return refused(failure, what, [], context);
  return kernelError(failure, { code: story.map === undefined ? 'LOAD_REJECTED' : 'MAP_REJECTED', message: what, context });
}

/** The error of bytes that libbpf does not take for an object. */
export function openFailed(failure: NativeFailure): KernelError {
  return kernelError(failure, {
    code: 'LOAD_REJECTED',
    message: `${failure.subject} is not a BPF object that libbpf can read`,
    context: { object: failure.subject },
  });
}
