import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** `describe.skipIf(condition).each(…)('title'`, `it.todo('title'`, `describeAsRoot('title'`: what is said, the condition, the title. */
const guards =
  /\b(?:(skipIf|runIf)\(([^\n]*?)\)|\.(skip|todo)|(describeAsRoot))(?:\.each(?:<[^\n]*?>)?\([^\n]*?\))?\(\s*(['"`])((?:\\.|(?!\5).)*)\5/g;

/**
 * The tests that a JSON report of vitest has as skipped: a line each with file, name, and the conditions that the source has for it, of which
 * one held; `others` counts those without any, which `-t` leaves out.
 */
export function skippedTests(report, root, read = (path) => readFileSync(path, 'utf8')) {
  const lines = [];
  let others = 0;
  for (const { name: path, assertionResults } of report.testResults) {
    const skipped = assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed');
    if (skipped.length === 0) continue;
    const reasons = reasonsIn(read(path));
    for (const { ancestorTitles, title } of skipped) {
      const titles = [...ancestorTitles, title];
      const texts = reasons.filter(({ pattern }) => titles.some((each) => pattern.test(each))).map(({ text }) => text);
      if (texts.length === 0) others++;
      else lines.push(`${relative(root, path)} > ${titles.join(' > ')} (${texts.join(', or ')})`);
    }
  }
  return { lines, others };
}

function reasonsIn(source) {
  return [...source.matchAll(guards)].map(([, guard, condition, mark, , , title]) => ({
    pattern: patternOf(title.replace(/\\(.)/g, '$1')),
    text: mark ?? (guard === undefined ? 'without root' : `${guard === 'runIf' ? 'only ' : ''}where ${condition}`),
  }));
}

/** Rows of a table have their values in place of `%s` and `$name`. */
function patternOf(title) {
  const parts = title.split(/%[a-z]|\$\{[^}]*\}|\$\w+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
