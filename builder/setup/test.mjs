import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { root, setUp } from './setup.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const vitest = (...args) => ({ command: bin('vitest'), args: ['run', ...args], counted: true });

/** Every suite: a command, and whether it counts its tests or is one by itself. */
const suites = {
  types: { command: bin('tsc'), args: ['-p', root] },
  lint: { command: process.execPath, args: [join(root, 'builder', 'setup', 'format.mjs'), '--check'] },
  tests: vitest(),
  vm: vitest('--config', 'test/vm/vitest.config.ts'),
};

/** `npm test` runs every suite, `npm run test:vm` the one named; arguments after that are handed to vitest. */
async function main() {
  const [name = 'all', ...rest] = process.argv.slice(2);
  await setUp('test');
  const chosen = name === 'all' ? Object.keys(suites) : [name];
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of chosen) {
    const counts = await runSuite(suites[suite], rest);
    for (const key of Object.keys(totals)) totals[key] += counts[key];
    process.stdout.write(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
  process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

async function runSuite(suite, rest) {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = suite.counted ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...rest] : [];
    const status = await run(suite.command, [...suite.args, ...reporters]);
    if (!suite.counted) return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
    return countsOf(report, status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not even be loaded has no failed test but fails the run: it counts as one. */
function countsOf(report, status) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // the runner itself broke; it has said why
  }
  const failed = result.numFailedTests;
  return {
    passed: result.numPassedTests,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
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
