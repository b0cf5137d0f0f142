// Runs in the guest: each case's gadget in turn, its trigger once the gadget says that it is attached. Plain JavaScript, so that the guest needs no
// more than Node.js. Reads and writes files in the folder named on the command line.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [share, gadget] = process.argv.slice(2);
const caseTimeoutMs = 60_000;

function runCase({ args, trigger }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [gadget, ...args], {
      env: { ...process.env, GADGET_STORE: join(share, 'store'), GADGET_READY: '1' },
    });
    const result = { stdout: '', stderr: '', status: null };
    const killer = setTimeout(() => child.kill('SIGKILL'), caseTimeoutMs);
    let triggered = false;
    child.stdout.on('data', (chunk) => {
      result.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      result.stderr += chunk;
      if (triggered || trigger === undefined || !/attached/.test(result.stderr)) return;
      triggered = true;
      spawnSync('/bin/sh', ['-c', trigger]);
      setTimeout(() => child.kill('SIGINT'), 1000);
    });
    child.on('close', (status) => {
      clearTimeout(killer);
      resolve({ ...result, status });
    });
  });
}

const results = {};
for (const [name, one] of Object.entries(JSON.parse(readFileSync(join(share, 'cases.json'), 'utf8')))) results[name] = await runCase(one);
writeFileSync(join(share, 'results.json'), JSON.stringify(results));
