// Wrong calls are TypeErrors, never crashes.
import { addon, print, start } from './addon.mjs';

const { object, buffer, link } = start(process.argv[2]);
const [program] = object.programs;
const [map] = object.maps;
const calls = {
  'no arguments': () => new addon.BpfObject(),
  'bytes of another type': () => new addon.BpfObject(new Uint16Array(4), 'x', ''),
  'without new': () => addon.BpfObject(new Uint8Array(1), 'x', ''),
  'a class that cannot be made': () => new program.constructor(),
  'a class that cannot be made, subclassed': () => new (class extends map.constructor {})(),
  'a method of another class': () => map.lookup.call(link, new Uint8Array(4), new Uint8Array(8)),
  'a method of nothing': () => buffer.drain.call({}, new Uint32Array(1), new Uint32Array(1), 1),
  'a number for a bigint': () => program.attachKprobe('x', 0, false),
  'too large a bigint': () => program.attachKprobe('x', 2n ** 64n, false),
  'a negative bigint': () => program.attachKprobe('x', -1n, false),
  'a key of another size': () => map.lookup(new Uint8Array(1), new Uint8Array(1)),
  'not a function': () => buffer.arm('wake'),
  'other arrays': () => buffer.drain(new Int32Array(1), new Uint32Array(1), 1),
  'a number that is none': () => map.setMaxEntries(Number.NaN),
  'a number out of range': () => map.setMaxEntries(2 ** 32),
};
for (const [name, call] of Object.entries(calls)) {
  try {
    call();
    print([name, 'nothing']);
  } catch (error) {
    print([name, error instanceof TypeError ? 'TypeError' : String(error)]);
  }
}
process.getuid();
print(['more records than room for them', buffer.drain(new Uint32Array(0), new Uint32Array(5), 5)]);
print(['as many as the shorter array holds', buffer.drain(new Uint32Array(5), new Uint32Array(1), 5)]);
object.close();
