/** Milliseconds between two looks at the clock of the line that is redrawn. */
const redrawMs = 1000;

/**
 * Set-up's progress: steps run side by side. A file or pipe gets a line when a step starts and one when it ends; a terminal one line of what
 * runs at the moment, redrawn each second, below the lines of what is done.
 */
export class Progress {
  #stream;
  #redraws;
  /** Steps that run, in the order they started: their label and when that was. */
  #running = new Set();
  #timer;

  constructor(stream, redraws = stream.isTTY === true && process.env.TERM !== 'dumb') {
    this.#stream = stream;
    this.#redraws = redraws;
  }

  /** Runs `work`, showing `label` while it lasts and its duration afterwards. */
  async step(label, work) {
    const running = { label, start: performance.now() };
    this.#begin(running);
    try {
      const result = await work();
      this.#end(running, `✓ ${label} (${secondsSince(running.start).toFixed(1)} s)`);
      return result;
    } catch (error) {
      this.#end(running, `✗ ${label}`);
      throw error;
    }
  }

  #begin(running) {
    this.#running.add(running);
    if (!this.#redraws) {
      this.#stream.write(`… ${running.label}\n`);
      return;
    }
    this.#redraw();
    this.#timer ??= setInterval(() => this.#redraw(), redrawMs).unref();
  }

  #end(running, line) {
    this.#running.delete(running);
    this.#stream.write(`${this.#redraws ? '\r\x1b[K' : ''}${line}\n`);
    if (this.#running.size > 0) {
      if (this.#redraws) this.#redraw();
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A line that wraps could not be redrawn: it is cut. */
  #redraw() {
    const [oldest] = this.#running;
    const labels = [...this.#running].map(({ label }) => label).join(' · ');
    const seconds = ` (${Math.floor(secondsSince(oldest.start))} s)`;
    const room = (this.#stream.columns || 80) - '… '.length - seconds.length - 1;
    const shown = labels.length > room ? `${labels.slice(0, Math.max(0, room - 1)).trimEnd()}…` : labels;
    this.#stream.write(`\r\x1b[K… ${shown}${seconds}`);
  }
}

function secondsSince(start) {
  return (performance.now() - start) / 1000;
}

const progress = new Progress(process.stderr);

/** Runs `work` as a step that stderr shows. Nothing is to be shown for what has nothing to do: do not call it then. */
export function step(label, work) {
  return progress.step(label, work);
}

/** A set-up that cannot go on: the message says what is missing and how to get it. */
export class SetupError extends Error {
  constructor(message, exitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}
