import { awaitFirstEvent } from '../support/first-event.mjs';
import { decimal, percent, renderTable } from '../support/table.mjs';
import { statedCounts, traceLoad } from '../support/traced-load.mjs';
import { bpftrace, opensnoop, traceOpen } from './tools.mjs';

const rates = [20_000, 100_000];
const seconds = 3;
const threeFields = ['--fields', 'proc.pid,proc.comm,fname'];

/** Files that are opened: libbpf-tools' opensnoop and bpftrace beside `gadget run trace_open`. */
export async function measureOpenat(toolbox) {
  const own = [traceOpen('-o', 'json'), traceOpen('-o', 'columns'), traceOpen('-o', 'columns', ...threeFields)];
  const tools = [
    { ...opensnoop, counts: await countsByBytes(toolbox, opensnoop) },
    { ...bpftrace, counts: await countsByBytes(toolbox, bpftrace) },
    ...own.map((tool) => ({ ...tool, counts: statedCounts })),
  ];
  const tables = [];
  for (const rate of rates) {
    const load = { call: 'openat', rate, seconds };
    const untraced = await traceLoad(toolbox, load);
    const rows = [];
    for (const tool of tools) rows.push(await traceLoad(toolbox, load, tool));
    tables.push(
      `openat, ${rate} a second wanted (untraced: ${decimal(untraced.callNs / 1000, 2)} µs a call)\n${renderRows(rows, untraced)}`,
    );
  }
  return tables.join('\n');
}

/** These tools do not say how many events they showed. Lines about one process are all of one length, so their bytes say it. */
async function countsByBytes(toolbox, tool) {
  const { headerBytes, lineBytes } = await awaitFirstEvent(toolbox, tool.command);
  return ({ writtenBytes, stderr }) => {
    const said = [...stderr.matchAll(/lost (\d+) events/gi)];
    return {
      delivered: Math.floor((writtenBytes - headerBytes) / lineBytes),
      lost: said.length === 0 ? undefined : said.reduce((sum, match) => sum + Number(match[1]), 0),
    };
  };
}

function renderRows(rows, untraced) {
  const [first] = rows;
  return renderTable(
    [
      { title: 'tool', of: (row) => row.name },
      { title: 'calls/s', of: (row) => decimal(row.calls / row.seconds) },
      { title: 'CPU ns/event', of: (row) => decimal(row.cpuPerEventNs) },
      { title: '× opensnoop', of: (row) => decimal(row.cpuPerEventNs / first.cpuPerEventNs, 3) },
      { title: 'bytes/event', of: (row) => decimal(row.bytesPerEvent) },
      { title: 'missing', of: (row) => percent(row.missing) },
      { title: 'said lost', of: (row) => percent(row.told) },
      { title: 'call slower by µs', of: (row) => decimal((row.callNs - untraced.callNs) / 1000, 2) },
    ],
    rows,
  );
}
