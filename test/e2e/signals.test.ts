import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';

describeAsRoot('gadget run', () => {
  it('takes a Ctrl-C that comes from the terminal and from npm for one', async () => {
    const child = spawn(process.execPath, [resolve('dist/gadget.js'), 'run', 'trace_exec', '-o', 'none'], {
      env: { ...process.env, GADGET_READY: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      const wasReady = stderr.includes('attached');
      stderr += chunk;
      if (wasReady || !stderr.includes('attached')) return;
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 10);
    });
    const status = await new Promise((done) => child.on('close', done));
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/exec: \d+ delivered/) });
  });
});
