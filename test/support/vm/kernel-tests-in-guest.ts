import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { compileFixture } from '../../kernel/fixture.ts';
import { bootAndRun, checkoutInGuest } from './boot.ts';
import type { GuestKernel } from './kernel-package.ts';

const folder = resolve(import.meta.dirname, '../../kernel');
/** Asks the newest verifiers about the compiler's code; Linux 6.1 refuses that program whatever the flags, as it learns nothing for 64 bits from 32. */
const compilerTests = 'compile.test.ts';
/** Files of test/kernel, each a row of the tests that run them in a guest. */
export const kernelTestFiles = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name !== compilerTests);

export interface GuestTest {
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'skipped' | 'todo';
  readonly messages: readonly string[];
}

/** Runs test/kernel in a guest with kprobes, trampolines and BPF LSM, which have to work there; returns each file's tests. */
export async function runKernelTests(kernel: GuestKernel): Promise<Map<string, GuestTest[]>> {
  const options = [
    '--configLoader',
    'runner',
    '--no-isolate',
    '--maxWorkers=1',
    '--no-cache',
    '--testTimeout=120000',
    '--hookTimeout=120000',
    '--reporter=json',
  ];
  const guest = await bootAndRun(kernel, {
    script: [
      `cd ${checkoutInGuest}`,
      'export GADGET_TEST_OBJECTS=/tmp/job/objects GADGET_TEST_DEMANDS="kprobe fentry lsm"',
      `exec ${process.execPath} node_modules/vitest/vitest.mjs run ${options.join(' ')} --outputFile=/tmp/job/report.json test/kernel`,
    ].join('\n'),
    timeoutMs: 500_000,
    prepare: compileFixtures,
  });
  try {
    const text = guest.file('report.json');
    if (text === '')
      throw new Error(
        `the guest wrote no report (status ${guest.status}):\n${guest.stdout}\n${guest.stderr}\n${guest.console.slice(-2000)}`,
      );
    return testsByFile(JSON.parse(text));
  } finally {
    guest.dispose();
  }
}

/** The compiler is slow in an emulated machine. */
async function compileFixtures(share: string): Promise<void> {
  const objects = join(share, 'objects');
  mkdirSync(objects);
  for (const file of readdirSync(join(folder, 'bpf'))) {
    const name = basename(file, '.bpf.c');
    writeFileSync(join(objects, `${name}.o`), await compileFixture(name));
  }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { fullName: string; status: GuestTest['status']; failureMessages: string[] }[];
  }[];
}

function testsByFile(report: Report): Map<string, GuestTest[]> {
  return new Map(
    report.testResults.map(({ name, assertionResults }) => [
      basename(name),
      assertionResults.map(({ fullName, status, failureMessages }) => ({ title: fullName, status, messages: failureMessages })),
    ]),
  );
}
