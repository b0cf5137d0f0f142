import { constants, fstatSync, openSync } from 'node:fs';
import { GadgetError } from '../base/errors.ts';
import type { ByteSink } from '../pipeline/output.ts';
import { DescriptorSink } from './descriptor-sink.ts';
import { SocketSink } from './socket-sink.ts';

/** Where output goes: the process's standard output or error, or a file that is created or emptied. */
export type SinkTarget = 'stdout' | 'stderr' | { readonly file: string };

/**
 * Opens a sink that never blocks the event loop and holds no more than what it is being given. OUTPUT_FAILED when the file cannot be opened,
 * and from `write` when it cannot be written; a reader that went away is no error but `closed`.
 */
export function openSink(target: SinkTarget): ByteSink {
  if (target === 'stdout') return openStandard(1);
  if (target === 'stderr') return openStandard(2);
  return new DescriptorSink(openFile(target.file), { closeAtEnd: true });
}

function openFile(file: string): number {
  try {
    // O_NONBLOCK matters for a named pipe only: without a reader it is ENXIO instead of a wait for one.
    return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK, 0o666);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code;
    const hint =
      why === 'ENXIO' ? 'it is a named pipe that nobody reads: start its reader first' : 'name a file in a folder that can be written';
    throw new GadgetError('OUTPUT_FAILED', `cannot open ${file} for output: ${why}`, { cause, hint, context: { file } });
  }
}

/**
 * Pipes and terminals are opened a second time: O_NONBLOCK belongs to the open file, which is shared with the shell and our children.
 * A regular file must not be: the second one would have its own position and lack O_APPEND; writing to it does not wait for anybody anyway.
 */
function openStandard(fd: 1 | 2): ByteSink {
  const status = fstatSync(fd);
  if (status.isSocket()) return new SocketSink(fd);
  if (!status.isFIFO() && !status.isCharacterDevice()) return new DescriptorSink(fd, { closeAtEnd: false });
  try {
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return new DescriptorSink(own, { closeAtEnd: true });
  } catch {
    // Another user's pipe or terminal (sudo, su), or no /proc. A terminal that is waited for is the lesser evil.
    return status.isFIFO() ? new SocketSink(fd) : new DescriptorSink(fd, { closeAtEnd: false });
  }
}
