import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { machine, release } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspektorGadgetImage, tarGz } from '../../registry-fixtures/foreign-images.ts';
import { LayoutFolder } from '../../registry-fixtures/layout-folder.ts';
import { parseOsRelease } from '../../runtime/gadget/kernel-btf-archive.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { CommandLine } from '../support/command-line.ts';
import { findProgram } from '../support/find-program.ts';
import { foreignObject } from '../support/foreign-objects.ts';

const image = 'registry.example/org/opens:v1';
const { distribution, distributionVersion } = parseOsRelease(readFileSync('/etc/os-release', 'utf8'));
/** Hides the kernel's BTF from a command. */
const withoutBtf = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'sh'];

describeAsRoot('an image with BTF of kernels, on a kernel without', () => {
  const line = new CommandLine();
  let object: Buffer;
  let btf: Buffer;

  beforeAll(async () => {
    object = await foreignObject('gadget');
    line.write('program.o', '');
    execFileSync('sh', ['-c', 'cat > "$1"', 'sh', line.path('program.o')], { input: object });
    const bpftool = findProgram('bpftool') ?? '/usr/sbin/bpftool';
    execFileSync(bpftool, ['gen', 'min_core_btf', '/sys/kernel/btf/vmlinux', line.path('min.btf'), line.path('program.o')]);
    btf = readFileSync(line.path('min.btf'));
  });
  afterAll(() => line.remove());

  async function runWith(files: Readonly<Record<string, Uint8Array>> | Uint8Array, ...flags: string[]) {
    const layout = new LayoutFolder(line.path(`store-${Math.random()}`));
    const archive = files instanceof Uint8Array ? files : await tarGz(files);
    layout.name(inspektorGadgetImage(layout, { metadata: 'name: opens\n', object, btf: archive }), image);
    const words = ['run', image, '--verify-image=false', '--pull', 'never', '-o', 'json', '-n', '1', '-t', '10', ...flags];
    return await line.run(words, { under: withoutBtf, env: { GADGET_STORE: layout.folder } });
  }

  it.each([
    ['by distribution', `${distribution}/${distributionVersion}/${machine()}/${release()}.btf`],
    ['flat', `./${release()}.btf`],
  ])('is run with the one for it, kept %s', async (_, name) => {
    const ended = await runWith({ 'debian/1/x86_64/2.6.btf': Buffer.from('no BTF'), [name]: btf });
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/"pid":(\d+),"tgid":\1/) });
  });

  it('says that it has none for this one', async () => {
    const ended = await runWith({ 'debian/1/x86_64/2.6.btf': btf });
    expect(ended.status).toBe(6);
    expect(ended.stderr).toContain(
      `warning: the BTF archive of opens has nothing for this kernel (${distribution} ${distributionVersion}, ${machine()}, ${release()})\nerror: cannot load opens: this kernel has no BTF`,
    );
  });

  it('is not looked at when a file is named', async () => {
    expect(await runWith(Buffer.from('no archive'), '--kernel-btf', line.path('min.btf'))).toMatchObject({ status: 0 });
  });

  it('is refused when the archive is none', async () => {
    expect(await runWith(Buffer.from('no archive'))).toMatchObject({
      status: 4,
      stderr: 'error: the BTF archive of opens is no tar, or a damaged one\n  caused by: Unexpected end of data\n',
    });
  });
});

describe('os-release', () => {
  it.each([
    ['NAME="X"\nID=debian\nVERSION_ID="12"\n', 'debian', '12'],
    ['VERSION_ID=\'9.4\'\nID="rhel"\nID_LIKE=fedora\n', 'rhel', '9.4'],
    ['ID=arch\n', 'arch', ''],
    ['', '', ''],
  ])('%j', (text, id, version) => {
    expect(parseOsRelease(text)).toEqual({ distribution: id, distributionVersion: version });
  });
});
