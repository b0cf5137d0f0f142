import { expect, test } from 'vitest';
import { StandingStream } from '../../runtime/cli/standing-stream.ts';
import { FakeSink } from '../support/fake-sink.ts';

function standing(reads: boolean) {
  const sink = new FakeSink();
  sink.reads = reads;
  return { sink, stream: new StandingStream(() => sink, { isTTY: false }) };
}
const aMoment = (ms = 1) => new Promise<'later'>((done) => setTimeout(done, ms, 'later'));

test('words are written at once to who reads', async () => {
  const { sink, stream } = standing(true);
  stream.write('one ');
  stream.write('two');
  expect(sink.taken).toBe('one two');
  await stream.end();
  expect(sink.closed).toBe(true);
});

test('words wait in order for a reader that stands still, and the end with them', async () => {
  const { sink, stream } = standing(false);
  for (const word of ['one ', 'two ', 'three']) stream.write(word);
  const end = stream.end();
  expect(await Promise.race([end, aMoment(150)])).toBe('later');
  sink.take();
  await aMoment();
  sink.take();
  await end;
  expect(sink.taken).toBe('one two three');
});

test('a process that is told to end does not wait long', async () => {
  const { stream } = standing(false);
  stream.write('one');
  const controller = new AbortController();
  const end = stream.end(controller.signal);
  controller.abort();
  const start = performance.now();
  await end;
  expect(performance.now() - start).toBeLessThan(500);
});

test('what is kept for a reader that stands still is bounded', async () => {
  const { sink, stream } = standing(false);
  const megabyte = 'x'.repeat(1 << 20);
  for (let n = 0; n < 50; n++) stream.write(megabyte);
  sink.take();
  await aMoment();
  sink.reads = true;
  sink.take();
  await stream.end();
  expect(sink.taken.length).toBe(2 * megabyte.length);
});

test.each([
  ['when it is opened', 'open'],
  ['at once', 'write'],
  ['later', 'later'],
])('a stream that fails %s is silent', async (_name, when) => {
  const sink = new FakeSink();
  const failure = new Error('disk full');
  const fail = () => {
    throw failure;
  };
  if (when === 'write') sink.write = fail;
  sink.reads = when !== 'later';
  const stream = new StandingStream(when === 'open' ? fail : () => sink, { isTTY: false });
  stream.write('one');
  sink.fail(failure);
  stream.write('two');
  await stream.end();
  expect(sink.taken).toBe('');
});

test('a stream that nothing was written to is never opened', async () => {
  const stream = new StandingStream(
    () => {
      throw new Error('opened');
    },
    { isTTY: true },
  );
  await stream.end();
  expect(stream.isTTY).toBe(true);
});
