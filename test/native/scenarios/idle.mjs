// Ends by itself when nothing is armed; `armed` keeps it alive until a record comes.
import { drain, print, start } from './addon.mjs';

const [, , path, mode] = process.argv;
const { buffer, object } = start(path);
const woken = () => {
  print({ woken: drain(buffer) });
};
if (mode !== 'unarmed') buffer.arm(woken);
if (mode === 'disarmed') buffer.disarm();
if (mode === 'closed') object.close();
if (mode === 'armed') setTimeout(() => process.getuid(), 100).unref();
if (mode === 'exit') process.exit(0);
if (mode === 'throw')
  buffer.arm(() => {
    throw new Error('from the wake-up');
  });
if (mode === 'throw') process.getuid();
print({ mode });
