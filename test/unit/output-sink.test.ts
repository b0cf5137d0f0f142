import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSink } from '../../runtime/outputs/sink.ts';
import type { ByteSink } from '../../runtime/pipeline/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'sink-test-'));
const program = join(folder, 'program.mjs');
let pipes = 0;

beforeAll(() => {
  // Writes `lines` numbered lines in large chunks, says on stderr how it went, and ends.
  const contents = `
    import { openSink } from '${join(import.meta.dirname, '../../runtime/outputs/sink.ts')}';
    const lines = Number(process.argv[2]);
    const patience = Number(process.argv[3] ?? 1e9);
    const sink = openSink('stdout');
    let ticks = 0;
    const ticker = setInterval(() => ticks++, 5);
    let ended = false;
    const end = async (how) => { if (ended) return; ended = true; clearInterval(ticker); const start = performance.now(); await sink.end();
      process.stderr.write(JSON.stringify({ how, closed: sink.closed, ticks, endMs: performance.now() - start, rss: process.memoryUsage().rss })); };
    setTimeout(() => end('stopped'), patience).unref();
    for (let n = 0; n < lines && !sink.closed; n += 10000) {
      const chunk = Array.from({ length: Math.min(10000, lines - n) }, (_, i) => n + i + '\\n').join('');
      await sink.write(Buffer.from(chunk));
    }
    await end('done');`;
  buildSync({ stdin: { contents, resolveDir: folder }, bundle: true, platform: 'node', format: 'esm', outfile: program });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A named pipe with its reading end open: what is in it, and a sink on the other end. */
function pipe(): { sink: ByteSink; read: (size: number) => string; hangUp: () => void } {
  const path = join(folder, `pipe${pipes++}`);
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const read = (size: number) => {
    const buffer = Buffer.alloc(size);
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, size, null));
  };
  return { sink: openSink({ file: path }), read, hangUp: () => closeSync(fd) };
}

/** What Linux keeps for a pipe unless told otherwise. */
const pipeCapacity = 65_536;
const megabyte = Buffer.alloc(1 << 20, 'x');
const soon = () => new Promise<'later'>((resolve) => setTimeout(resolve, 60, 'later'));

describe('a pipe', () => {
  test('that has room takes bytes at once', async () => {
    const { sink, read, hangUp } = pipe();
    expect(sink.write(Buffer.from('hello\n'))).toBe(6);
    expect(read(100)).toBe('hello\n');
    await sink.end();
    hangUp();
  });

  test('that is full stops the writer until somebody reads', async () => {
    const { sink, read, hangUp } = pipe();
    const written = sink.write(megabyte);
    expect(await Promise.race([written, soon()])).toBe('later');
    let seen = 0;
    while (seen < megabyte.length) {
      try {
        seen += read(1 << 20).length;
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' });
        await soon();
      }
    }
    expect(await written).toBe(megabyte.length);
    expect(sink.closed).toBe(false);
    await sink.end();
    hangUp();
  });

  test('keeps the order of two writers that share it', async () => {
    const { sink, read, hangUp } = pipe();
    const all = [sink.write(Buffer.alloc(100_000, 'a')), sink.write(Buffer.from('b')), sink.end()];
    let seen = '';
    while (seen.length < 100_001) {
      seen += await Promise.resolve()
        .then(() => read(1 << 20))
        .catch(soon)
        .then((text) => (text === 'later' ? '' : text));
    }
    expect(await Promise.all(all)).toEqual([100_000, 1, undefined]);
    expect(seen.indexOf('b')).toBe(100_000);
    hangUp();
  });

  test('whose reader goes away is closed, without an error', async () => {
    const { sink, hangUp } = pipe();
    const written = sink.write(megabyte);
    hangUp();
    expect(await written).toBe(pipeCapacity);
    expect(sink.closed).toBe(true);
    expect(sink.write(megabyte)).toBe(0);
    await sink.end();
  });

  test('that is given up answers how much was taken, at once', async () => {
    const { sink, read, hangUp } = pipe();
    const waiting = [sink.write(megabyte), sink.write(Buffer.from('behind it'))];
    sink.giveUp();
    expect(await Promise.all(waiting)).toEqual([pipeCapacity, 0]);
    expect(read(1 << 20).length).toBe(pipeCapacity);
    expect({ closed: sink.closed, more: sink.write(megabyte) }).toEqual({ closed: true, more: 0 });
    await sink.end();
    hangUp();
  });

  test('whose reader goes away is closed when somebody looks, without a write', async () => {
    const { sink, hangUp } = pipe();
    sink.checkReader();
    expect(sink.closed).toBe(false);
    hangUp();
    sink.checkReader();
    expect(sink.closed).toBe(true);
    await sink.end();
  });

  test('that nobody reads does not hold up the end', async () => {
    const { sink, hangUp } = pipe();
    const written = sink.write(megabyte);
    const start = performance.now();
    await Promise.all([sink.end(), sink.end()]);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await written).toBe(pipeCapacity);
    hangUp();
  });

  test('without a reader cannot be opened, and does not block', () => {
    const path = join(folder, 'unread');
    execFileSync('mkfifo', [path]);
    expect(() => openSink({ file: path })).toThrowError(
      expect.objectContaining({ code: 'OUTPUT_FAILED', hint: expect.stringContaining('reader') }),
    );
  });
});

test('a file is emptied and written', async () => {
  const path = join(folder, 'out.json');
  writeFileSync(path, 'what was there before');
  const sink = openSink({ file: path });
  expect(sink.write(Buffer.from('a\n'))).toBe(2);
  expect(sink.write(Buffer.from('b\n'))).toBe(2);
  await sink.end();
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
});

test.each([
  ['a folder that is missing', () => join(folder, 'missing', 'out')],
  ['a folder', () => folder],
])('%s is OUTPUT_FAILED', (_name, path) => {
  expect(() => openSink({ file: path() })).toThrowError(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
});

test('a full disk is OUTPUT_FAILED', async () => {
  const sink = openSink({ file: '/dev/full' });
  expect(() => sink.write(Buffer.from('x'))).toThrowError(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
  await sink.end();
});

describe('standard output as', () => {
  const lines = 200_000;
  const expected = Array.from({ length: lines }, (_, i) => `${i}\n`).join('');

  /** Runs a shell command in which `$RUN` is the program. */
  const shell = (command: string) =>
    execFileSync('sh', ['-c', command], { env: { ...process.env, RUN: `${process.execPath} ${program}` }, maxBuffer: 1 << 26 }).toString();

  test('a pipe', () => {
    expect(shell(`$RUN ${lines} 2>/dev/null | cat`)).toBe(expected);
  });

  test('a pipe that is closed early', () => {
    const [line, report] = shell(`{ $RUN ${lines} | head -n 1; } 2>&1`).split('\n');
    expect(line).toBe('0');
    expect(JSON.parse(report!)).toMatchObject({ how: 'done', closed: true });
  });

  test('a pipe that leaves what the shell shares with us blocking', () => {
    expect(shell(`{ $RUN 1 2>/dev/null; seq 1 ${lines}; } | { sleep 0.3; cat; }`).split('\n').length).toBe(lines + 2);
  });

  test('a pipe that nobody reads: the event loop goes on, memory does not grow, the end is not held up', () => {
    const report = JSON.parse(shell('{ $RUN 100000000 500 2>&3 | sleep 2; } 3>&1'));
    expect(report).toMatchObject({ how: 'stopped' });
    expect(report.ticks).toBeGreaterThan(20);
    expect(report.endMs).toBeLessThan(300);
    expect(report.rss).toBeLessThan(120e6);
  });

  test('a file that is appended to', () => {
    expect(shell(`cd ${folder}; echo head > log; $RUN 2 >> log 2>/dev/null; echo tail >> log; cat log`)).toBe('head\n0\n1\ntail\n');
    expect(shell(`cd ${folder}; { echo head; $RUN 2 2>/dev/null; echo tail; } > log; cat log`)).toBe('head\n0\n1\ntail\n');
  });

  /** A child whose standard output is one end of a socket pair, as Node makes them. */
  async function onSocket(args: string[], read: (child: ReturnType<typeof spawn>) => void) {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let report = '';
    child.stderr!.on('data', (data) => {
      report += data;
    });
    read(child);
    const status = await new Promise((resolve) => child.on('exit', resolve));
    return { status, report: JSON.parse(report) };
  }

  test('a socket', async () => {
    const chunks: Buffer[] = [];
    const { status } = await onSocket([String(lines)], (child) => child.stdout!.on('data', (data) => chunks.push(data)));
    expect(status).toBe(0);
    expect(Buffer.concat(chunks).toString()).toBe(expected);
  });

  test('a socket that is closed early', async () => {
    const { status, report } = await onSocket([String(lines)], (child) => child.stdout!.once('data', () => child.stdout!.destroy()));
    expect({ status, closed: report.closed }).toEqual({ status: 0, closed: true });
  });

  test('a socket that nobody reads', async () => {
    const { status, report } = await onSocket(['100000000', '300'], () => {});
    expect({ status, how: report.how }).toEqual({ status: 0, how: 'stopped' });
    expect(report.rss).toBeLessThan(120e6);
  });
});
