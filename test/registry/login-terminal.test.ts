import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, fixtureUser, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';

const isMissing = findProgram('tmux') === undefined || findProgram('docker-registry') === undefined;

describe.skipIf(isMissing)('on a terminal', { timeout: 30_000 }, () => {
  const line = new CommandLine();
  const socket = line.path('tmux');
  const bundle = resolve(import.meta.dirname, '../../dist/gadget.js');
  let registry: DockerRegistry;

  const tmux = (...words: readonly string[]) => execFileSync('tmux', ['-S', socket, ...words], { env: line.env, encoding: 'utf8' });
  const screen = () => tmux('capture-pane', '-p').trimEnd();

  beforeAll(async () => {
    registry = await startDockerRegistry({ basic: true });
    tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', 'sh');
  });
  afterAll(async () => {
    tmux('kill-server');
    await registry.close();
    line.remove();
  });

  async function until(pattern: RegExp): Promise<void> {
    for (let waited = 0; !pattern.test(screen()); waited += 50) {
      if (waited > 10_000) throw new Error(`the screen does not show ${pattern}: ${screen()}`);
      await sleep(50);
    }
  }

  const start = (command: string) => tmux('send-keys', `clear; ${process.execPath} ${bundle} ${command}`, 'Enter');
  const type = (...keys: readonly string[]) => tmux('send-keys', ...keys);

  test('login asks for name and password, and shows the name only', async () => {
    start(`login ${registry.host}`);
    await until(/^User name:$/m);
    type(fixtureUser.username, 'Enter');
    await until(/^Password:$/m);
    type(`${fixtureUser.password}x`, 'BSpace', 'Enter');
    await until(/^logged in to/m);
    expect(screen()).toContain(`User name: ${fixtureUser.username}`);
    expect(screen()).not.toContain(fixtureUser.password.slice(0, 4));
    expect(readFileSync(line.path('.docker/config.json'), 'utf8')).toContain(registry.host);
  });

  test.each([
    ['login', 'User name'],
    ['login -u somebody', 'Password'],
  ])('Ctrl-C ends %s at the question for the %s', async (command, question) => {
    start(`${command} ${registry.host}`);
    await until(new RegExp(`^${question}:$`, 'm'));
    type('C-c');
    await sleep(300);
    type('echo "ended $?"; stty -a | grep -c " echo "', 'Enter');
    await until(/^ended 130\n1$/m);
  });
});
