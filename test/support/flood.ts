import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, cpSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const bundle = join(root, 'dist/gadget.js');
let floods = 0;

/** What the summary of a run says of the data source `flood`. */
export interface FloodCounts {
  readonly delivered: number;
  readonly filtered: number;
  readonly own: number;
  readonly cut: number;
  /** With `untaken`. */
  readonly lost: number;
  readonly untaken: number;
}

/** A run of the gadget in test/e2e/flood, with its load. */
export interface FloodRun {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything on stderr so far. */
  stderr(): string;
  /** Resolved when everything is attached. */
  readonly ready: Promise<void>;
  /** Resolved when the process is gone: its exit status, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** The gadget in a store of its own, built once; `close` removes all that is left of it. */
export class Flood {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gadget-flood-'));
  readonly #env = { ...process.env, GADGET_STORE: join(this.#folder, 'store'), GADGET_READY: '1' };
  readonly #children: ChildProcess[] = [];
  readonly #counter = `flood_${process.pid}_${floods++}`;
  readonly #pin = `/sys/fs/bpf/${this.#counter}`;
  #pipes = 0;

  /** `perfBuffer`: records come through perf buffers, as before Linux 5.8. */
  constructor({ perfBuffer = false } = {}) {
    const gadget = join(this.#folder, 'gadget');
    cpSync(join(root, 'test/e2e/flood'), gadget, { recursive: true });
    const flags = [`-DFLOOD_COUNTER=${this.#counter}`, ...(perfBuffer ? ['-DFLOOD_PERF_BUFFER'] : [])];
    writeFileSync(join(gadget, 'build.yaml'), `cflags: ${flags.join(' ')}\n`);
    execFileSync(process.execPath, [bundle, 'build', gadget, '-t', 'flood'], { env: this.#env, stdio: 'pipe' });
  }

  /**
   * Starts a process whose every call submits records: `perSecond` calls, or as many as it can. It waits for `go`.
   */
  load(perSecond?: number): { readonly pid: number; go: () => void; stop: () => void } {
    const pause = perSecond === undefined ? '' : `select undef, undef, undef, 0.01`;
    const calls = perSecond === undefined ? 1000 : Math.ceil(perSecond / 100);
    const perl = spawn('perl', ['-e', `<STDIN>; while (1) { getpriority 0, 0 for 1..${calls}; ${pause} }`], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.#children.push(perl);
    return { pid: perl.pid!, go: () => perl.stdin!.end('\n'), stop: () => perl.kill('SIGKILL') };
  }

  /** `gadget run flood …` with a descriptor as its standard output; its words on stderr are collected unless they have one, too. */
  run(args: readonly string[], stdout: number, stderr: number | 'pipe' = 'pipe'): FloodRun {
    rmSync(this.#pin, { force: true });
    const child = spawn(process.execPath, [bundle, 'run', 'flood', ...args], { env: this.#env, stdio: ['ignore', stdout, stderr] });
    this.#children.push(child);
    let said = '';
    const ready = new Promise<void>((done) => {
      child.stderr?.on('data', (data) => {
        said += data;
        if (said.includes('attached')) done();
      });
    });
    const ended = once(child, 'close').then(([status, signal]) => status ?? signal);
    return { child, pid: child.pid!, stderr: () => said, ready: Promise.race([ready, ended.then(() => {})]), ended };
  }

  /** A pipe as a shell makes it; both ends are descriptors for children, or for `readAll`. */
  pipe(): { readonly readEnd: number; readonly writeEnd: number } {
    const path = join(this.#folder, `pipe${this.#pipes++}`);
    execFileSync('mkfifo', [path]);
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
  }

  /** Records that the program submitted in the last run, as the kernel counted them. */
  submitted(): number {
    const dump = JSON.parse(execFileSync('bpftool', ['-j', 'map', 'dump', 'pinned', this.#pin]).toString());
    return Number(Buffer.from(dump[0].value.map(Number)).readBigUInt64LE());
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.#pin, { force: true });
    rmSync(this.#folder, { recursive: true });
  }
}

/** Reads a pipe until everybody has closed its other end; counts lines, and remembers the last bytes. */
export async function countLines(readEnd: number): Promise<{ lines: number; rest: string }> {
  const buffer = Buffer.alloc(1 << 20);
  let lines = 0;
  let rest = '';
  for (;;) {
    const length = tryRead(readEnd, buffer);
    if (length === 0) break;
    if (length === undefined) {
      await new Promise((done) => setTimeout(done, 2));
      continue;
    }
    const text = buffer.toString('latin1', 0, length);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
    rest = text.slice(text.lastIndexOf('\n') + 1);
  }
  closeSync(readEnd);
  return { lines, rest };
}

function tryRead(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer, 0, buffer.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

/** The counts in the summary on stderr; what it does not name is 0. */
export function countsIn(stderr: string): FloodCounts {
  const line = /^flood: \d+ delivered.*$/m.exec(stderr)?.[0];
  if (line === undefined) throw new Error(`no summary: ${stderr}`);
  const number = (pattern: RegExp) => Number(pattern.exec(line)?.[1] ?? 0);
  return {
    delivered: number(/(\d+) delivered/),
    filtered: number(/(\d+) filtered/),
    own: number(/(\d+) own/),
    cut: number(/(\d+) after the last one/),
    lost: number(/(\d+) lost/),
    untaken: number(/(\d+) not taken/),
  };
}

/** delivered + filtered + own + cut + lost. */
export function accountedFor({ delivered, filtered, own, cut, lost }: FloodCounts): number {
  return delivered + filtered + own + cut + lost;
}

/** Resident memory in KiB. */
export function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}
