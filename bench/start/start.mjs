import { setTimeout as sleep } from 'node:timers/promises';
import { bpftrace, opensnoop, traceOpen } from '../openat/tools.mjs';
import { awaitFirstEvent } from '../support/first-event.mjs';
import { residentMiB, startLoad, startPinned, untilIdle } from '../support/process.mjs';
import { decimal, median, renderTable } from '../support/table.mjs';

const repetitions = 7;
const busySeconds = 10;
const idleSeconds = 10;
const busyRate = 1000;
/** The kernel is done with the tracepoints of a tool that has ended, in milliseconds; until then the next cannot attach to them. */
const apartMs = 500;

/** How long until the first event is seen, how much memory a run holds when it was busy, and what it costs when nothing happens. */
export async function measureStart(toolbox) {
  const tools = [opensnoop, bpftrace, traceOpen('-o', 'columns'), traceOpen('-o', 'json')];
  const firstEvents = await measureFirstEvents(toolbox, tools);
  const residents = await measureResidents(toolbox, tools);
  return `start: from a warm store to the first printed event (median of ${repetitions}); resident after ${busySeconds} s of ${busyRate} events a second; then idle for ${idleSeconds} s
${renderTable(
  [
    { title: 'tool', of: ({ name }) => name },
    { title: 'first event ms', of: ({ name }) => decimal(median(firstEvents.get(name))) },
    { title: 'fastest', of: ({ name }) => decimal(Math.min(...firstEvents.get(name))) },
    { title: 'resident MiB', of: ({ name }) => decimal(residents.get(name).mib) },
    { title: 'idle CPU ms/s', of: ({ name }) => decimal(residents.get(name).idleCpuNs / 1e6 / idleSeconds, 2) },
  ],
  tools,
)}`;
}

/** The tools take turns, so that what else the machine does meets them all. The first round warms caches and does not count. */
async function measureFirstEvents(toolbox, tools) {
  const times = new Map(tools.map(({ name }) => [name, []]));
  for (let round = 0; round <= repetitions; round++)
    for (const tool of tools) {
      await sleep(apartMs);
      const { ms } = await awaitFirstEvent(toolbox, tool.lineBuffered);
      if (round > 0) times.get(tool.name).push(ms);
    }
  return times;
}

/** All tools at once: memory and idle time do not depend on who else runs. */
async function measureResidents(toolbox, tools) {
  const generator = startLoad(toolbox, { call: 'openat', rate: busyRate, seconds: busySeconds });
  const runs = await Promise.all(tools.map((tool) => startPinned(toolbox, tool.command(generator.pid))));
  await Promise.all(runs.map(({ pid }) => untilIdle(pid)));
  await generator.measure();
  const resident = runs.map(({ pid }) => residentMiB(pid));
  // Node.js tidies its memory some time after it was busy; that is not what an idle run costs.
  await Promise.all(runs.map(({ pid }) => untilIdle(pid)));
  const idle = await Promise.all(runs.map(({ pid }) => startLoad(toolbox, { call: 'openat', rate: 0, seconds: idleSeconds }).measure(pid)));
  await Promise.all(runs.map((run) => run.stop()));
  return new Map(tools.map(({ name }, index) => [name, { mib: resident[index], idleCpuNs: idle[index].cpuNs }]));
}
