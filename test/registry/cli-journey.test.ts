import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { CommandLine, type CommandResult } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';

const hasRegistry = findProgram('docker-registry') !== undefined;
const isRoot = process.getuid?.() === 0;
const trace_open = resolve(import.meta.dirname, '../../gadgets/trace_open');

/** In the order of a user's day: each test goes on where the one before it ended. */
describe.skipIf(!hasRegistry || !isRoot)('an image from its source to another machine', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  let second: DockerRegistry;
  let image: string;
  let digest: string;

  const opened = (...flags: readonly string[]): Promise<CommandResult> => line.run(runWords(flags));
  const runWords = (flags: readonly string[]) => [
    'run',
    image,
    ...flags,
    '-o',
    `json=${line.path('events')}`,
    '--',
    'cat',
    '/etc/hostname',
  ];
  async function expectEvents(ended: CommandResult): Promise<void> {
    expect(ended).toMatchObject({ status: 0 });
    expect(await line.tool('cat', 'events')).toContain('"fname":"/etc/hostname"');
  }

  beforeAll(async () => {
    [registry, second] = await Promise.all([startDockerRegistry(), startDockerRegistry()]);
    image = `${registry.host}/org/mygadget:v1`;
  });
  afterAll(async () => {
    await Promise.all([registry.close(), second.close()]);
    line.remove();
  });

  test('is built, signed and pushed, and the local one removed', async () => {
    digest = /sha256:[0-9a-f]{64}/.exec(await line.gadget('build', trace_open, '-t', image))![0];
    await line.gadget('key', 'generate', 'fresh');
    expect(await line.gadget('image', 'sign', image, '--key', 'fresh.key')).toContain(digest);
    expect(await line.gadget('push', image, '-t', 'latest')).toBe(`${registry.host}/org/mygadget@${digest}\n`);
    expect(await line.gadget('image', 'tags', `${registry.host}/org/mygadget`)).toBe('latest\nv1\n');
    await line.gadget('image', 'remove', image);
    expect(await line.gadget('image', 'list', '-o', 'json')).toBe('[]\n');
  });

  test('is refused until the command of the refusal was run, and leaves nothing behind', async () => {
    const refused = await opened();
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    const command = /gadget (trust add .*?); or/.exec(refused.stderr)?.[1];
    expect(command).toBe(`trust add ${registry.host}/org --key fresh.pub`);
    const { stdout } = await line.exec(['find', 'store', '-type', 'f', '-path', '*/blobs/*']);
    expect(stdout).toBe('');
    await line.gadget(...command!.split(' '));
    await expectEvents(await opened());
    expect(await line.gadget('image', 'list', '-o', 'json')).toContain(digest);
  });

  test('is refused with the exact command for a key in a folder elsewhere, which has been used', async () => {
    const named = `${registry.host}/other/mygadget:v1`;
    await line.gadget('image', 'copy', image, named);
    await line.tool('mkdir', 'keys', 'work');
    const fromWork = { under: ['env', '-C', line.path('work')] };
    const commandOf = ({ stderr }: CommandResult) => /gadget (trust add .*?); or/.exec(stderr)?.[1];
    expect(commandOf(await line.run(['pull', named], fromWork))).toBe(`trust add ${registry.host}/other --key ${line.path('fresh.pub')}`);
    await line.gadget('key', 'generate', 'keys/deep');
    await line.tool('rm', 'trust.json.keys');
    expect(commandOf(await line.run(['pull', named], fromWork))).toBe(`trust add ${registry.host}/other --key FILE`);
    await line.gadget('image', 'sign', '--remote', named, '--key', 'keys/deep.key');
    const command = commandOf(await line.run(['pull', named], fromWork));
    expect(command).toBe(`trust add ${registry.host}/other --key ${line.path('keys/deep.pub')}`);
    expect(await line.run(command!.split(' '), fromWork)).toMatchObject({ status: 0 });
    expect(await line.run(['pull', named], fromWork)).toMatchObject({ status: 0 });
  });

  test('is copied to a second registry with its signature, by skopeo and by the command', async () => {
    const loopback = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const repository = `${registry.host}/org/mygadget`;
    await line.tool(
      'skopeo',
      '--insecure-policy',
      'sync',
      '--all',
      ...loopback,
      '--src',
      'docker',
      '--dest',
      'docker',
      repository,
      `${second.host}/synced`,
    );
    await line.gadget('image', 'copy', image, `${second.host}/copied/mygadget:v1`);
    for (const copy of [`${second.host}/synced/mygadget:v1`, `${second.host}/copied/mygadget:v1`]) {
      expect(await line.gadget('image', 'digest', copy)).toBe(`${digest}\n`);
      expect(await line.gadget('image', 'verify', copy, '--public-keys', 'fresh.pub')).toContain('signed by the key');
    }
  });

  test('runs with the registry stopped, verified, without a socket', async () => {
    await registry.close();
    await expectEvents(await opened());
    await expectEvents(await line.run(runWords(['--pull', 'never']), { under: ['unshare', '-n'] }));
    await line.gadget('trust', 'remove', `${registry.host}/org`);
    expect(await opened('--pull', 'never')).toMatchObject({ status: 3, stderr: expect.stringContaining('nobody is trusted') });
  });

  test.skipIf(findProgram('strace') === undefined)(
    'with --pull never no socket is opened, and an image that is missing is an error',
    async () => {
      const traced = ['strace', '-f', '-qq', '-o', line.path('calls'), '-e', 'trace=socket,connect,execve'];
      expect(await line.run(['run', `${second.host}/copied/mygadget:v1`, '--pull', 'never'], { under: traced })).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('in the local store'),
      });
      const ended = await line.run(runWords(['--pull', 'never', '--public-keys', 'fresh.pub']), { under: traced });
      await expectEvents(ended);
      const calls = await line.tool('cat', 'calls');
      expect(calls).toContain('execve(');
      expect(calls).not.toMatch(/(socket|connect)\(/);
    },
  );
});
