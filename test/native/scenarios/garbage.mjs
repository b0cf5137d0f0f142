import { collectGarbage, descriptors, drain, print, start } from './addon.mjs';

const path = process.argv[2];
start(path).object.close();
await collectGarbage();
const before = descriptors();

for (let i = 0; i < 20; i++) start(path);
await collectGarbage();
const leaked = descriptors() - before;

// Whoever holds only the memory still holds what it is made of.
const memory = (() => start(path).buffer.memory)();
await collectGarbage();
const bytes = new Uint8Array(memory);
const readable = bytes.reduce((sum, byte) => sum + byte, 0) >= 0;

// And whoever holds only a link keeps the buffer filled, and an armed buffer keeps itself.
let woken = 0;
(() => {
  const { buffer } = start(path);
  buffer.arm(() => {
    woken = drain(buffer);
  });
})();
await collectGarbage();
process.getuid();
await new Promise((resolve) => setTimeout(resolve, 50));
print({ leaked, readable, woken });
