import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildForHost } from '../../builder/build-for-host.ts';
import { addReadableFields } from '../../runtime/cli/commands/image/readable-fields.ts';
import { parseFlags } from '../../runtime/cli/commands/run/execute.ts';
import { splitWords } from '../../runtime/cli/commands/run/flags.ts';
import { outputFactory } from '../../runtime/cli/commands/run/outputs.ts';
import { selectorsFor } from '../../runtime/cli/commands/run/selectors.ts';
import { hostArchitecture } from '../../runtime/cli/host-architecture.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import type { GadgetSpec } from '../../runtime/gadget/spec.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';

interface Example {
  readonly page: string;
  readonly gadget: string;
  /** As it stands on the page. */
  readonly line: string;
  readonly flags: readonly string[];
}

const own = readdirSync('gadgets').filter((name) => existsSync(`gadgets/${name}/gadget.yaml`));
const ownPages = ['README.md', ...own.map((gadget) => `gadgets/${gadget}/README.md`)];
const pages = [...ownPages, ...readdirSync('docs').map((name) => `docs/${name}`)];
const examples = pages.flatMap(examplesOf);

/** The examples of a page that name a gadget of this project. */
function examplesOf(page: string): Example[] {
  const lines = readFileSync(page, 'utf8').matchAll(/(?:gadget|npm start --) run (?<rest>[^`\n]+)/g);
  return [...lines].flatMap(({ 0: line, groups }) => {
    const { target, flags } = splitWords(shellWords(groups!['rest']!));
    const gadget = basename(target ?? '');
    return own.includes(gadget) ? [{ page, gadget, line: line.trim(), flags }] : [];
  });
}

/** Words as a shell splits them, without the comment behind them. */
function shellWords(text: string): string[] {
  return [...text.replace(/ #.*$/, '').matchAll(/'([^']*)'|[^\s']+/g)].map(([word, quoted]) => quoted ?? word);
}

const specs = new Map<string, Promise<GadgetSpec>>();

/** A gadget's spec with every field that a run shows, compiled once. */
function specOf(gadget: string): Promise<GadgetSpec> {
  const known = specs.get(gadget) ?? buildSpec(gadget);
  specs.set(gadget, known);
  return known;
}

async function buildSpec(gadget: string): Promise<GadgetSpec> {
  const parts = await buildForHost({ path: `gadgets/${gadget}`, architecture: hostArchitecture(), env: process.env });
  const spec = specFromParts(parts, () => {});
  addReadableFields(spec);
  return spec;
}

/** Does everything with the flags that a run does before it asks the kernel. Throws what a user would see. */
function useFlags(spec: GadgetSpec, words: readonly string[]): void {
  const context = fakeCliContext({});
  const parsed = parseFlags(spec, words, context);
  if (parsed === undefined) return; // --help
  const { flags } = parsed;
  const outputs = outputFactory({ format: flags.output, flags, spec, context, target: { file: '/dev/null' } });
  const names = spec.sources.map(({ dataSource }) => dataSource.name);
  for (const { dataSource } of spec.sources) {
    selectorsFor(dataSource, flags, names, spec);
    outputs.create(dataSource);
  }
}

describe('the examples of the pages', () => {
  test('are found in the README and in that of each gadget', () => {
    expect(examples.map(({ page }) => page)).toEqual(expect.arrayContaining(ownPages));
  });

  test.each(examples)('$page: $line', async ({ gadget, flags }) => {
    useFlags(await specOf(gadget), flags);
  });

  test.each([
    ['--sort', '-cpu_ns', 'UNKNOWN_FIELD'],
    ['--fields', 'proc.pidd', 'UNKNOWN_FIELD'],
    ['--filter', 'com==x', 'UNKNOWN_FIELD'],
    ['--pids', '1', 'UNKNOWN_FLAG'],
  ])('would not pass with %s %s', async (flag, value, code) => {
    const spec = await specOf('top_process');
    expect(() => useFlags(spec, [flag, value])).toThrow(expect.objectContaining({ code }));
  });
});

describe('the params that a gadget’s README lists', () => {
  test.each(own)('%s', async (gadget) => {
    const rows = readFileSync(`gadgets/${gadget}/README.md`, 'utf8').match(/^\| `--.*?`/gm) ?? [];
    const { params } = await specOf(gadget);
    const known = ['map-fetch-interval', ...params.map(({ key }) => key)];
    expect(known).toEqual(expect.arrayContaining(rows.flatMap((row) => row.match(/(?<=--)[\w-]+/g)!)));
  });
});
