import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { decimal, median, renderTable } from '../support/table.mjs';
import { root } from '../support/toolbox.mjs';
import { writeLayout } from './layout.mjs';
import { clients } from './tools.mjs';

const rounds = 9;
const largeRounds = 3;
const smallBytes = 20e6;
const largeBytes = 1 << 30;

/** How long pushing and pulling take, of 20 MB after the start of the program and of 1 GiB as a whole, and with how much memory. */
export async function measureRegistry(toolbox) {
  const { startDockerRegistry, debianProgram } = await loadFixtures(toolbox.folder);
  const tools = clients(await debianProgram('oras'));
  const registry = await startDockerRegistry();
  try {
    const starts = await measureStarts(toolbox, tools);
    const small = await measureTransfers({ toolbox, registry, tools, bytes: smallBytes, rounds });
    const large = await measureTransfers({ toolbox, registry, tools, bytes: largeBytes, rounds: largeRounds });
    return report(tools, starts, small, large);
  } finally {
    await registry.close();
  }
}

/** What the tests start a registry with and get programs of newer suites of Debian with is TypeScript. */
async function loadFixtures(folder) {
  const sources = ['registry-fixtures/docker-registry.ts', 'test/support/debian-program.ts'];
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const options = { banner, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' };
  const modules = sources.map(async (source, at) => {
    const outfile = join(folder, `fixture-${at}.mjs`);
    await build({ ...options, entryPoints: [join(root, source)], outfile });
    return await import(outfile);
  });
  return Object.assign({}, ...(await Promise.all(modules)));
}

async function measureStarts(toolbox, tools) {
  const starts = new Map(tools.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const tool of tools) {
      const measured = await run(toolbox, tool.empty, {});
      if (round > 0) starts.get(tool.name).push(measured);
    }
  return starts;
}

/** The tools take turns, and each transfer has content of its own. The first round warms caches and does not count. */
async function measureTransfers({ toolbox, registry, tools, bytes, rounds: count }) {
  const found = new Map(tools.map(({ name }) => [name, { push: [], pull: [] }]));
  for (let round = 0; round <= count; round++)
    for (const tool of tools) {
      const measured = await transfer({ toolbox, tool, bytes, reference: `${registry.host}/bench/r${bytes}-${round}-${tool.name}:v1` });
      if (round === 0) continue;
      found.get(tool.name).push.push(measured.push);
      found.get(tool.name).pull.push(measured.pull);
    }
  return found;
}

async function transfer({ toolbox, tool, bytes, reference }) {
  const [source, target] = ['source', 'target'].map((name) => mkdtempSync(join(toolbox.folder, `${name}-`)));
  try {
    writeLayout(source, { names: [tool.nameInLayout(reference)], bytes });
    const push = await run(toolbox, tool.push(source, reference), tool.env(source));
    const pull = await run(toolbox, tool.pull(target, reference), tool.env(target));
    return { push, pull };
  } finally {
    for (const folder of [source, target]) rmSync(folder, { recursive: true });
  }
}

/** What a command took, once it has ended well. */
async function run(toolbox, command, env) {
  const child = spawn(toolbox.measured, command, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const [said, report] = [collect(child.stderr), collect(child.stdio[3])];
  await once(child, 'close');
  const measured = JSON.parse(report.text);
  if (measured.status !== 0) throw new Error(`${command.join(' ')} ended with status ${measured.status}:\n${said.text}`);
  return measured;
}

function collect(stream) {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk) => {
    collected.text += chunk;
  });
  return collected;
}

function report(tools, starts, small, large) {
  const of = (measured, value) => median(measured.map((one) => one[value]));
  const after = (name, way, value) => of(small.get(name)[way], value) - of(starts.get(name), value);
  const peak = (name, way) => Math.max(...large.get(name)[way].map(({ peakKiB }) => peakKiB)) / 1024;
  const columns = [
    { title: 'client', of: ({ name }) => name },
    { title: 'start ms', of: ({ name }) => decimal(of(starts.get(name), 'ms')) },
    ...['push', 'pull'].flatMap((way) => [
      { title: `20 MB ${way} ms`, of: ({ name }) => decimal(after(name, way, 'ms')) },
      { title: 'CPU ms', of: ({ name }) => decimal(after(name, way, 'cpuMs')) },
    ]),
    ...['push', 'pull'].flatMap((way) => [
      { title: `1 GiB ${way} s`, of: ({ name }) => decimal(of(large.get(name)[way], 'ms') / 1000, 2) },
      { title: 'CPU s', of: ({ name }) => decimal(of(large.get(name)[way], 'cpuMs') / 1000, 2) },
      { title: 'peak MiB', of: ({ name }) => decimal(peak(name, way)) },
    ]),
  ];
  return `registry: an image with new content to docker-registry on loopback and back; 20 MB after the program's start (median of ${rounds}), 1 GiB as a whole (median of ${largeRounds})
${renderTable(columns, tools)}`;
}
