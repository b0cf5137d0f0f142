import { closed, descriptors, pollThreads, print, start } from './addon.mjs';

const path = process.argv[2];
start(path).object.close();
await closed();
const before = descriptors();
const order = [
  ['object'],
  ['object', 'object', 'link', 'buffer'],
  ['link', 'buffer', 'object'],
  ['buffer', 'buffer', 'link', 'link', 'object'],
];
for (const names of order) {
  const made = start(path);
  made.buffer.arm(() => {});
  for (const name of names) made[name].close();
}
await closed();
print({ leaked: descriptors() - before - 2, pollThreads: pollThreads() });
