// Workers that end in every state: what they held is gone afterwards.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { addon, descriptors, drain, pollThreads, print, start } from './addon.mjs';

const path = process.argv[2] ?? workerData.path;

function work(mode) {
  const { object, buffer, link } = start(path);
  if (mode === 'armed') buffer.arm(() => {});
  if (mode === 'woken') {
    buffer.arm(() => {});
    process.getuid();
  }
  if (mode === 'busy') {
    const again = () => {
      drain(buffer);
      process.getuid();
      buffer.arm(again);
    };
    buffer.arm(again);
    process.getuid();
  }
  if (mode === 'closed') object.close();
  if (mode === 'unlinked') link.close();
  parentPort.postMessage('ready');
  if (mode !== 'ends') setInterval(() => {}, 1000);
  globalThis.kept = [object, buffer, link];
}

async function run(mode) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { path, mode } });
  const ended = new Promise((resolve, reject) => {
    worker.on('exit', resolve);
    worker.on('error', reject);
  });
  await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  if (mode === 'busy') await new Promise((resolve) => setTimeout(resolve, 50));
  if (mode !== 'ends') await worker.terminate();
  await ended;
}

if (isMainThread) {
  const own = start(path);
  await run('armed');
  const before = descriptors();
  for (let round = 0; round < 3; round++) {
    for (const mode of ['armed', 'woken', 'busy', 'closed', 'unlinked', 'plain', 'ends']) await run(mode);
  }
  process.getuid();
  print({
    leaked: descriptors() - before,
    pollThreads: pollThreads(),
    ownStillWorks: drain(own.buffer) > 0,
    cpus: addon.possibleCpus() > 0,
  });
  own.object.close();
} else {
  work(workerData.mode);
}
