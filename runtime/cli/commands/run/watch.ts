import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitStatusOf } from '../../../base/errors.ts';
import { firstAbort } from '../../../base/first-abort.ts';
import { safeText } from '../../../base/safe-text.ts';
import type { CliContext } from '../../context.ts';
import { renderError } from '../../render-error.ts';
import { type Style, styleFor } from '../../style.ts';
import { parseFlags } from './execute.ts';
import type { RunFlags } from './flags.ts';
import { runOnce } from './run-once.ts';
import { SourceChanges } from './source-changes.ts';
import { loadTarget } from './target.ts';

/** Privilege, compiler, addon: what no save can mend. */
const machineLacks = 6;

export interface WatchRequest {
  /** A folder or file. */
  readonly target: string;
  readonly flags: readonly string[];
  /** Those that do not depend on the gadget. */
  readonly own: RunFlags;
  /** Whether the user wants colours. */
  readonly color: boolean;
  /** Traced by every version anew. */
  readonly command: readonly string[] | undefined;
  readonly context: CliContext;
}

/**
 * Builds and runs, and does both again at every save, until the signal. A save ends whatever goes on: a build, or a run. What the compiler
 * or the verifier says stays in view until the next save. Errors: what this machine lacks, and a target that is not there.
 */
export async function watchAndRun(request: WatchRequest): Promise<void> {
  const { target, context } = request;
  const changes = new SourceChanges(resolve(context.cwd, target));
  const style = styleFor(context.stderr, { color: request.color, env: context.env });
  const tell = statusLines(context, style);
  const targetIsMissing = !existsSync(resolve(context.cwd, target));
  try {
    tell(`building ${target}`);
    while (!context.signal.aborted) {
      const version = new AbortController();
      const saved = changes.next(context.signal).finally(() => version.abort());
      await runVersion(request, firstAbort([version.signal, context.signal])).catch((error) => {
        if (targetIsMissing || exitStatusOf(error) === machineLacks) throw error;
        context.stderr.write(renderError(error, { verbose: context.verbose }).replace(/^error:/m, style.red('error:')));
      });
      if (!version.signal.aborted) tell('waiting for the next save');
      const names = await saved;
      if (names.length > 0) tell(`${names.join(', ')} saved, building`);
    }
  } finally {
    changes.close();
  }
  // Stopped by the user, whatever the last command came to.
  context.exitStatus = 0;
}

/** Until the signal, or its own end. */
async function runVersion({ target, flags, own, command, context }: WatchRequest, signal: AbortSignal): Promise<void> {
  try {
    const { spec, kernelBtf } = await loadTarget(target, { flags: own, signal }, context);
    const parsed = parseFlags(spec, flags, context);
    if (parsed !== undefined) await runOnce({ spec, kernelBtf, ...parsed, command, context, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Says on stderr what the loop does, set off from what the gadget and the compiler say. */
function statusLines({ stderr, quiet }: CliContext, { bold }: Style): (text: string) => void {
  return (text) => {
    if (!quiet) stderr.write(`${bold(`watch: ${safeText(text)}`)}\n`);
  };
}
