import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { decimal, percent, renderTable } from '../support/table.mjs';
import { gadget, root } from '../support/toolbox.mjs';
import { statedCounts, traceLoad } from '../support/traced-load.mjs';

const rates = [20_000, 100_000];
const seconds = 3;
/** `gadget run`'s default; the consumer gets the same. */
const bufferBytes = 8 * 1024 * 1024;
const image = 'bench-event-path';

/** From the kernel to a printed line: a plain C consumer of libbpf beside `gadget run`, on one object. */
export async function measureEventPath(toolbox) {
  const env = [`GADGET_STORE=${join(toolbox.folder, 'store')}`];
  const object = buildObject(toolbox, env);
  const tools = [
    {
      name: 'C, ring_buffer__poll, printf of JSON',
      command: () => [toolbox.consumer, object, String(bufferBytes)],
      counts: statedCounts,
    },
    ...['json', 'columns', 'none'].map((output) => ({
      name: `gadget run -o ${output}`,
      command: () => ['env', ...env, ...gadget('run', image, '-o', output)],
      counts: statedCounts,
    })),
  ];
  const tables = [];
  for (const rate of rates) {
    const load = { call: 'getpgid', rate, seconds };
    const untraced = await traceLoad(toolbox, load);
    const rows = [];
    for (const tool of tools) rows.push(await traceLoad(toolbox, load, tool));
    tables.push(`event path: records of 104 bytes, ${rate} a second wanted\n${renderRows(rows, untraced)}`);
  }
  return tables.join('\n');
}

function renderRows(rows, untraced) {
  const [consumer] = rows;
  return renderTable(
    [
      { title: 'consumer', of: (row) => row.name },
      { title: 'calls/s', of: (row) => decimal(row.calls / row.seconds) },
      { title: 'CPU ns/event', of: (row) => decimal(row.cpuPerEventNs) },
      { title: '× C', of: (row) => decimal(row.cpuPerEventNs / consumer.cpuPerEventNs, 3) },
      { title: 'bytes/event', of: (row) => decimal(row.bytesPerEvent) },
      { title: 'missing', of: (row) => percent(row.missing) },
      { title: 'said lost', of: (row) => percent(row.told) },
      { title: 'call slower by µs', of: (row) => decimal((row.callNs - untraced.callNs) / 1000, 2) },
    ],
    rows,
  );
}

/** Builds the gadget into the benchmark's own store; the path of the object in its image. */
function buildObject(toolbox, env) {
  const run = (...args) => execFileSync('env', [...env, ...gadget(...args, '-o', 'json')], { encoding: 'utf8' });
  run('build', join(root, 'bench', 'event-path', 'gadget'), '-t', image);
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const { manifests } = JSON.parse(run('image', 'inspect', image));
  const { layers } = manifests.find(({ platform }) => platform.architecture === architecture);
  return join(toolbox.folder, 'store', 'blobs', layers[0].digest.replace(':', '/'));
}
