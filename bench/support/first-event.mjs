import { spawn } from 'node:child_process';
import { startLoad } from './process.mjs';

/** The name that the load generator opens. */
const marker = '/etc/passwd';
const opensPerSecond = 1000;
/** A tool that shows nothing for so long will not, in milliseconds. */
const patienceMs = 10_000;

/**
 * Starts a tool while a process opens files all the time, until it has printed the first event. `ms` is the time that took, `lineBytes` what an
 * event's line has, `headerBytes` what came before.
 */
export async function awaitFirstEvent(toolbox, command) {
  const generator = startLoad(toolbox, { call: 'openat', rate: opensPerSecond, seconds: (2 * patienceMs) / 1000 });
  const measured = generator.measure().catch(() => {}); // it is cancelled before it can measure
  try {
    return await readFirstEvent(command(generator.pid));
  } finally {
    await generator.cancel();
    await measured;
  }
}

function readFirstEvent([program, ...args]) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    let text = '';
    let found;
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      if (found !== undefined) return;
      text += chunk;
      found = describe(text, performance.now() - start);
      if (found !== undefined) child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      if (found === undefined) reject(new Error(`${program} ${args.join(' ')} showed no event and ended with status ${status}`));
      else resolve(found);
    });
  });
}

function describe(text, ms) {
  const at = text.indexOf(marker);
  const end = text.indexOf('\n', at);
  if (at === -1 || end === -1) return undefined;
  const headerBytes = text.lastIndexOf('\n', at) + 1;
  return { ms, headerBytes, lineBytes: end + 1 - headerBytes };
}
