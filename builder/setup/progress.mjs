/** Set-up's progress on stderr: a line a step, with the seconds it took. Nothing is printed for a step that has nothing to do. */
const tty = process.stderr.isTTY === true;

/** Runs `work`, showing `label` while it lasts and its duration afterwards. */
export async function step(label, work) {
  const start = performance.now();
  if (tty) process.stderr.write(`… ${label}`);
  try {
    const result = await work();
    process.stderr.write(`${tty ? '\r\x1b[K' : ''}✓ ${label} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${tty ? '\r\x1b[K' : ''}✗ ${label}\n`);
    throw error;
  }
}

/** A set-up that cannot go on: the message says what is missing and how to get it. */
export class SetupError extends Error {
  constructor(message, exitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}
