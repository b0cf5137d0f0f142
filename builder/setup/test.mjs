import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { root, setUp } from './setup.mjs';
import { skippedTests } from './skipped-tests.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const vitest = (...args) => ({ command: bin('vitest'), args: ['run', ...args], counted: true });

/** Every suite: a command, and whether it counts its tests or is one by itself. */
const suites = {
  types: { command: bin('tsc'), args: ['-p', root] },
  lint: { command: process.execPath, args: [join(root, 'builder', 'setup', 'format.mjs'), '--check'] },
  tests: vitest(),
  vm: vitest('--config', 'test/vm/vitest.config.ts'),
};

/**
 * `npm test` runs every suite, `npm test -- types vm` those named. Other words are handed to vitest: `npm test -- oci-copy` runs the tests
 * of files with that in their path.
 */
async function main() {
  const { chosen, rest } = readWords(process.argv.slice(2));
  await setUp('test');
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const skipped = [];
  for (const name of chosen) {
    const { counts, lines } = await runSuite(suites[name], rest);
    for (const key of Object.keys(totals)) totals[key] += counts[key];
    skipped.push(...lines);
    process.stdout.write(`${name}: ${said(counts)}\n`);
  }
  process.stdout.write(`\n${skipped.map((line) => `skipped: ${line}\n`).join('')}${said(totals)}\n`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

/** Suites are named first. */
function readWords(words) {
  const end = words.findIndex((word) => !Object.hasOwn(suites, word));
  const named = end < 0 ? words : words.slice(0, end);
  const rest = words.slice(named.length);
  if (words.length === 0) return { chosen: Object.keys(suites), rest };
  // Somebody has to be handed the rest.
  const filtered = rest.length > 0 && !named.some((name) => suites[name].counted);
  return { chosen: [...named, ...(filtered ? ['tests'] : [])], rest };
}

function said({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

async function runSuite(suite, rest) {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = suite.counted ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...rest] : [];
    const status = await run(suite.command, [...suite.args, ...reporters]);
    return suite.counted
      ? resultOf(report, status)
      : { counts: { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 }, lines: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not even be loaded has no failed test but fails the run: it counts as one. */
function resultOf(path, status) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { counts: { passed: 0, failed: 1, skipped: 0 }, lines: [] }; // the runner itself broke; it has said why
  }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = report;
  const { lines, others } = skippedTests(report, root);
  return {
    counts: { passed, failed: status !== 0 && failed === 0 ? 1 : failed, skipped: pending + todo },
    lines: others === 0 ? lines : [...lines, `${others} that were not chosen`],
  };
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
}

main().catch((error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = error.exitStatus ?? 1;
});
