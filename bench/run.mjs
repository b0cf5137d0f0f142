import { measureEventPath } from './event-path/event-path.mjs';
import { measureOpenat } from './openat/openat.mjs';
import { measureRegistry } from './registry/registry.mjs';
import { measureStart } from './start/start.mjs';
import { makeToolbox } from './support/toolbox.mjs';

/** Every benchmark: its name, and what measures and returns its tables as text. */
const benchmarks = { 'event-path': measureEventPath, openat: measureOpenat, registry: measureRegistry, start: measureStart };

async function main(names) {
  const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    process.stderr.write(`no benchmark ${unknown}; there are: ${Object.keys(benchmarks).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  // What a shell's variables make Node.js read at every start is not the product's: extra certificates alone cost 30 ms.
  for (const name of Object.keys(process.env)) if (name.startsWith('NODE_')) delete process.env[name];
  const toolbox = makeToolbox();
  try {
    for (const name of names.length === 0 ? Object.keys(benchmarks) : names) process.stdout.write(`${await benchmarks[name](toolbox)}\n`);
  } finally {
    toolbox.remove();
  }
}

await main(process.argv.slice(2));
