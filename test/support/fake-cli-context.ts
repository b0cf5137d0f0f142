import type { CliContext } from '../../runtime/cli/context.ts';
import { noRegistrySettings } from '../../runtime/cli/registry-settings.ts';

/** A context whose streams are strings. */
export interface FakeCliContext extends CliContext {
  /** What was written to stdout since the last call. */
  takeOutput(): string;
}

export function fakeCliContext(env: Readonly<Record<string, string>>): FakeCliContext {
  let written: string[] = [];
  return {
    stdout: { write: (text) => written.push(text) },
    stderr: { write: () => undefined },
    env,
    registries: noRegistrySettings,
    trust: [],
    applyConfig: () => {},
    cwd: '/',
    signal: new AbortController().signal,
    verbose: false,
    quiet: false,
    exitStatus: 0,
    takeOutput() {
      const taken = written.join('');
      written = [];
      return taken;
    },
  };
}
