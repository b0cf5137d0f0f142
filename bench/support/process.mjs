import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The longest that a tool may take to end after it was told to, in milliseconds. */
const stopTimeoutMs = 20_000;
/** When it is told again, in milliseconds. */
const interruptAgainMs = 3_000;

/**
 * Starts a tool on CPU 0, its output thrown away. `pid` is that of the tool itself; `stop` interrupts it and tells its exit status, the bytes it
 * wrote, and what it said on stderr.
 */
export async function startPinned(toolbox, command) {
  const child = spawn(toolbox.pinned, ['0', ...command], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const stderr = collect(child.stderr);
  const report = collect(child.stdio[3]);
  while (!report.text.includes('\n')) await once(child.stdio[3], 'data');
  const pid = Number.parseInt(report.text, 10);
  return { pid, stop: () => stopPinned({ pid, closed, stderr, report, name: command.join(' ') }) };
}

async function stopPinned({ pid, closed, stderr, report, name }) {
  // A tool that ended by itself has said why; its pid is no longer anybody's to signal.
  const running = !report.text.trimEnd().includes('\n');
  if (running) process.kill(pid, 'SIGINT');
  // bpftrace 0.17 sometimes waits for a second one.
  const again = setInterval(() => process.kill(pid, 'SIGINT'), interruptAgainMs);
  const overdue = setTimeout(() => process.kill(pid, 'SIGKILL'), stopTimeoutMs);
  await closed;
  clearInterval(again);
  clearTimeout(overdue);
  const end = JSON.parse(report.text.slice(report.text.indexOf('\n')));
  if (!running || ![0, 130].includes(end.status)) throw new Error(`${name} ended with status ${end.status}:\n${stderr.text}`);
  return { ...end, stderr: stderr.text };
}

/** A load generator that waits for `measure`, which lets it go and gives what it found; of the process `pid` when there is one. */
export function startLoad(toolbox, { call, rate, seconds }) {
  const child = spawn(toolbox.load, [call, String(rate), String(seconds)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const stdout = collect(child.stdout);
  const measure = async (pid) => {
    child.stdin.end(pid === undefined ? '' : `${pid}\n`);
    await closed;
    if (stdout.text === '') throw new Error(`the load generator failed; it was to measure ${pid}`);
    return JSON.parse(stdout.text);
  };
  const cancel = async () => {
    child.kill();
    await closed;
  };
  return { pid: child.pid, measure, cancel };
}

/** A tool that used no CPU for so long has attached and waits for events, in milliseconds. */
const idleMs = 600;
const longestStartMs = 15_000;

/** Waits until a process that was just started has nothing to do any more. */
export async function untilIdle(pid) {
  const start = performance.now();
  for (let before = -1, now = 0; now !== before; before = now, now = cpuTicks(pid)) {
    if (performance.now() - start > longestStartMs) throw new Error(`process ${pid} did not come to rest`);
    await sleep(idleMs);
  }
}

/** The CPU time that a process has used, in ticks of 10 ms; see proc(5), fields 14 and 15. */
function cpuTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The resident memory of a process in MiB. */
export function residentMiB(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function collect(stream) {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk) => {
    collected.text += chunk;
  });
  return collected;
}
