import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { inspektorGadgetImage } from '../../registry-fixtures/foreign-images.ts';
import { LayoutFolder } from '../../registry-fixtures/layout-folder.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { foreignObject } from '../support/foreign-objects.ts';

const canRun = process.getuid?.() === 0 && findProgram('docker-registry') !== undefined;
const [own, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];

describe.skipIf(!canRun)('an image that was pulled for another platform', { timeout: 60_000 }, () => {
  const line = new CommandLine();
  let registry: DockerRegistry;
  let image: string;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    image = `${registry.host}/org/opens:v1`;
    const layout = new LayoutFolder(line.path('source'));
    layout.name(inspektorGadgetImage(layout, { metadata: 'name: opens\n', object: await foreignObject('gadget'), differs: true }), image);
    expect(await line.run(['push', image], { env: { GADGET_STORE: layout.folder } })).toMatchObject({ status: 0 });
    await line.gadget('pull', '--verify-image=false', '--platform', `linux/${other}`, image);
  }, 60_000);
  afterAll(async () => {
    await registry.close();
    line.remove();
  });

  const run = (...flags: string[]) => line.run(['run', image, '--verify-image=false', '-o', 'json', '-n', '1', '-t', '10', ...flags]);

  it('is refused when nothing may be fetched, and says what to do', async () => {
    expect(await run('--pull', 'never')).toMatchObject({
      stdout: '',
      stderr: `error: ${image} was pulled for another platform than linux/${own}, which this machine is\nhint: fetch it for this one too: gadget pull --platform linux/${own} ${image}\n`,
    });
  });

  it('is fetched for this machine too', async () => {
    expect(await run()).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+/) });
  });

  it('runs without a registry after that', async () => {
    expect(await run('--pull', 'never')).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":\d+/) });
  });
});
