import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { showTransfers } from '../../runtime/cli/transfer-progress.ts';
import { type Descriptor, describe as describeContent } from '../../runtime/oci/descriptor.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';

const piece = (mediaType: string, text: string, size: number): Descriptor => ({ ...describeContent(mediaType, Buffer.from(text)), size });
const program = piece(mediaTypes.ebpfProgram, 'program', 2_000_000);
const index = piece(mediaTypes.index, 'index', 1_800);
const hex = ({ digest }: Descriptor) => digest.slice('sha256:'.length, 'sha256:'.length + 12);

function shownOn(terminal: { readonly columns: number } | undefined, quiet = false) {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text), ...(terminal === undefined ? {} : { isTTY: true, ...terminal }) };
  const context = { ...fakeCliContext({}), stderr: stream, quiet };
  return { progress: showTransfers(context), written };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('where nobody looks', () => {
  test('a line tells what has become of each piece', () => {
    const { progress, written } = shownOn(undefined);
    progress.onState(index, 'started');
    progress.onState(program, 'started');
    progress.onBytes(program, 1_000_000);
    vi.advanceTimersByTime(1_000);
    expect(written).toEqual([]);
    progress.onState(program, 'done');
    progress.onState(index, 'exists');
    progress.close();
    expect(written).toEqual([
      `${hex(program)}  program          2.0 MB  done\n`,
      `${hex(index)}  index            1.8 kB  already there\n`,
    ]);
  });

  test('nothing is said to who wants quiet', () => {
    const { progress, written } = shownOn({ columns: 80 }, true);
    progress.onState(program, 'started');
    vi.advanceTimersByTime(1_000);
    progress.onState(program, 'done');
    progress.close();
    expect(written).toEqual([]);
  });
});

describe('on a terminal', () => {
  test('a bar grows, is replaced by the line of what is done, and leaves nothing behind', () => {
    const { progress, written } = shownOn({ columns: 80 });
    progress.onState(index, 'started');
    progress.onState(program, 'started');
    progress.onBytes(program, 1_000_000);
    vi.advanceTimersByTime(100);
    const bar = `${hex(program)}  program         [${'='.repeat(12)}${' '.repeat(12)}] 1.0 MB of 2.0 MB\n`;
    expect(written.splice(0)).toEqual([bar]);
    progress.onBytes(program, -1_000_000);
    vi.advanceTimersByTime(100);
    expect(written.splice(0)).toEqual(['\r\x1b[1A\x1b[J', expect.stringContaining('] 0 B of 2.0 MB')]);
    progress.onState(program, 'done');
    expect(written.splice(0)).toEqual(['\r\x1b[1A\x1b[J', expect.stringMatching(/2\.0 MB {2}done\n$/)]);
    progress.close();
    vi.advanceTimersByTime(1_000);
    expect(written).toEqual([]);
  });

  test.each([20, 40, 79])('of %d columns no bar is wider', (columns) => {
    const { progress, written } = shownOn({ columns });
    progress.onState(program, 'started');
    vi.advanceTimersByTime(100);
    expect(written.join('').trimEnd().length).toBeLessThan(columns);
    progress.close();
  });
});
