import { expect, test } from 'vitest';

// Set-up is plain JavaScript: it runs before there is anything that reads TypeScript.
const { skippedTests } = await import(new URL('../../builder/setup/skipped-tests.mjs', import.meta.url).href);

const source = `
describe.skipIf(findProgram('skopeo') === undefined)('copies', { timeout: 1 }, () => {
  it('whole', () => {});
  it.skipIf(oras === undefined)('with oras', () => {});
});
describe.skipIf(a || !b).each(registries)('through %s', (_registry, start) => {});
it.runIf(existsSync('/proc'))(
  'it\\'s (there)',
  () => {},
);
it.todo('later', () => {});
describeAsRoot('as root', () => {});
it('not chosen', () => {});
`;

const skipped = (...titles: string[]) => ({ ancestorTitles: titles.slice(0, -1), title: titles.at(-1), status: 'skipped' });

test.each<[string[], string | undefined]>([
  [['copies', 'whole'], "copies > whole (where findProgram('skopeo') === undefined)"],
  [['copies', 'with oras'], "copies > with oras (where findProgram('skopeo') === undefined, or where oras === undefined)"],
  [['through zot', 'pulls'], 'through zot > pulls (where a || !b)'],
  [["it's (there)"], "it's (there) (only where existsSync('/proc'))"],
  [['later'], 'later (todo)'],
  [['as root', 'deep', 'down'], 'as root > deep > down (without root)'],
  [['not chosen'], undefined],
  [['not through zot'], undefined],
])('%j', (titles, line) => {
  const passed = { ancestorTitles: ['copies'], title: 'other', status: 'passed' };
  const report = { testResults: [{ name: '/root/test/x.test.ts', assertionResults: [passed, skipped(...titles)] }] };
  expect(skippedTests(report, '/root', () => source)).toEqual(
    line === undefined ? { lines: [], others: 1 } : { lines: [`test/x.test.ts > ${line}`], others: 0 },
  );
});
