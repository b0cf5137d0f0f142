import { startLoad, startPinned, untilIdle } from './process.mjs';

/**
 * Runs a load from CPU 1 under a tool on CPU 0. `tool.command(pid)` traces the process that makes the calls; `tool.counts` makes of what is known at
 * the end how many events were `delivered`, and how many the tool says it `lost`. Without a tool: what a call costs that nobody traces.
 */
export async function traceLoad(toolbox, load, tool) {
  const generator = startLoad(toolbox, load);
  if (tool === undefined) return { ...(await generator.measure()), name: 'nobody' };
  try {
    const run = await startPinned(toolbox, tool.command(generator.pid));
    const measuring = untilIdle(run.pid).then(() => generator.measure(run.pid));
    // Stopping a tool that has died throws, and says why it did.
    const end = await measuring.then(run.stop, run.stop);
    return describe(tool, await measuring, end);
  } catch (error) {
    await generator.cancel();
    throw error;
  }
}

function describe(tool, measured, end) {
  const { delivered, lost } = tool.counts(end);
  if (!(delivered > 0)) throw new Error(`${tool.name} delivered nothing:\n${end.stderr}`);
  const missing = Math.max(0, 1 - delivered / measured.made);
  return {
    ...measured,
    name: tool.name,
    cpuPerEventNs: measured.cpuNs / (measured.calls * (1 - missing)),
    bytesPerEvent: end.writtenBytes / delivered,
    missing,
    told: lost === undefined ? undefined : lost / measured.made,
  };
}

/** What `gadget run` and the C consumer say on stderr at their end. */
export function statedCounts({ stderr }) {
  const delivered = /(\d+) delivered/.exec(stderr);
  const lost = /(\d+) lost/.exec(stderr);
  return { delivered: Number(delivered?.[1]), lost: lost === null ? undefined : Number(lost[1]) };
}
