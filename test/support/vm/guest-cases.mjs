// Runs in the guest: each case's gadget, its trigger once the gadget says that it is attached. Plain JavaScript, so that the guest needs no
// more than Node.js. Reads and writes files in the folder named on the command line.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const [share, gadget] = process.argv.slice(2);
/** How long a case may take at all, and how long its events may take to come. An emulated machine on a busy host is slow. */
const caseTimeoutMs = 90_000;
const eventsTimeoutMs = 20_000;
/** Where a case says nothing of its end: time for the events that come last. */
const settleMs = 1000;

function runCase({ args, trigger, until }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [gadget, ...args], {
      env: { ...process.env, GADGET_STORE: join(share, 'store'), GADGET_READY: '1' },
    });
    const result = { stdout: '', stderr: '', status: null };
    const end = new RegExp(until ?? '^$');
    const killer = setTimeout(() => child.kill('SIGKILL'), caseTimeoutMs);
    let stopper;
    let told = false;
    let cause;
    /** Once: a second interruption could meet a process that is ending already. */
    const stopIn = (ms) => {
      clearTimeout(stopper);
      stopper = setTimeout(() => {
        if (!told) child.kill('SIGINT');
        told = true;
      }, ms);
    };
    child.stdout.on('data', (chunk) => {
      result.stdout += chunk;
      if (stopper !== undefined && until !== undefined && end.test(result.stdout)) stopIn(0);
    });
    child.stderr.on('data', (chunk) => {
      result.stderr += chunk;
      if (stopper !== undefined || trigger === undefined || !/attached/.test(result.stderr)) return;
      stopIn(eventsTimeoutMs);
      cause = spawn('/bin/sh', ['-c', trigger], { stdio: 'ignore', detached: true }).on('close', () => {
        if (until === undefined && child.exitCode === null) stopIn(settleMs);
      });
    });
    child.on('close', (status) => {
      clearTimeout(killer);
      clearTimeout(stopper);
      endGroup(cause?.pid);
      resolve({ ...result, status });
    });
  });
}

/** A trigger may go on until its case ends. */
function endGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

// Snapshots of sockets find this one.
const server = createServer().listen(4242, '127.0.0.1');
const waiting = Object.entries(JSON.parse(readFileSync(join(share, 'cases.json'), 'utf8')));
const results = {};
/** Takes one case after the other; there are as many of these as the guest has processors. */
async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    results[next[0]] = await runCase(next[1]);
  }
}
await Promise.all([work(), work()]);
server.close();
writeFileSync(join(share, 'results.json'), JSON.stringify(results));
