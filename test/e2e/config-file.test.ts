import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { runGadget } from '../support/run-gadget.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'gadget-config-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

const config = (text: string) => {
  const path = join(scratch, 'config.yaml');
  writeFileSync(path, text);
  return path;
};

describe('gadget with a configuration file', () => {
  it.each([
    ['--config before the command', (path: string) => ({ words: ['--config', path, 'list'], env: {} })],
    ['--config after it', (path: string) => ({ words: ['list', `--config=${path}`], env: {} })],
    ['GADGET_CONFIG', (path: string) => ({ words: ['list'], env: { GADGET_CONFIG: path } })],
  ])('reads what %s names', async (_name, how) => {
    const { words, env } = how(config(`list: {output: json}\nstore: ${scratch}/store\n`));
    const { status, stdout } = await runGadget(words, { env: { GADGET_STORE: '', ...env } });
    expect({ status, list: JSON.parse(stdout) }).toEqual({ status: 0, list: [] });
  });

  it.each([
    ['a YAML fault', 'list: [', /^error: .*config\.yaml:1:\d+: /],
    ['a wrong type', 'list:\n  output: [a]\n', /^error: .*config\.yaml:2:3: output in list must be a text, not a list\n/],
  ])('refuses %s with its place', async (_name, text, message) => {
    const { status, stderr } = await runGadget(['list', '--config', config(text)]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('takes no file from the words of a command that is traced', async () => {
    const { stderr } = await runGadget(['run', 'no_such_gadget', '--', 'true', '--config', '/no/such/file']);
    expect(stderr).not.toContain('/no/such/file');
  });
});

describeAsRoot('gadget run with a configuration file', () => {
  it('has its defaults, which flags undo', async () => {
    const path = config('run: {output: json, timeout: 300ms, quiet: true}\n');
    const command = ['--', 'true'];
    const first = await runGadget(['run', 'trace_exec', '--config', path, ...command]);
    expect(first).toMatchObject({ status: 0, stderr: 'trace_exec: attached\n', events: [{ args: ['true'] }] });
    const second = await runGadget(['run', 'trace_exec', '--config', path, '-o', 'columns', '--no-quiet', ...command]);
    expect(second).toMatchObject({ status: 0, stdout: expect.stringMatching(/^COMM/), stderr: expect.stringContaining('1 delivered') });
  });

  it('says what is wrong before anything is loaded', async () => {
    const { status, stderr } = await runGadget(['run', 'trace_exec', '--config', config('run:\n  ouput: json\n  timeout: soon\n')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /:2:3: warning: unknown key "ouput" in run is ignored\nhint: did you mean output\?\nerror: .*:3:3: timeout in run: write seconds/,
    );
  });
});

describeAsRoot('gadget as another user', () => {
  it('goes on without a configuration file that is not its own', () => {
    const gadget = join(import.meta.dirname, '../../dist/gadget.js');
    const words = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, gadget, 'version'];
    // A folder made by mkdtemp is for its owner only.
    const env = { ...process.env, XDG_CONFIG_HOME: scratch };
    const { status, stderr } = spawnSync('setpriv', words, { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('is not for this user to read') });
  });
});
