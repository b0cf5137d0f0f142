import { guarded, operationFailed } from './failure.ts';
import { Features } from './features.ts';
import { native } from './native.ts';
import { KernelObject } from './object.ts';
import type { Kernel } from './types.ts';

/** The running kernel. Nothing is opened, probed or loaded (the addon neither) until it is asked for. */
export function createKernel(): Kernel {
  return {
    openObject: (bytes, options) => new KernelObject(bytes, options),
    features: new Features(),
  };
}

/** Makes the kernel count runs and run time of all programs until `close()`; costs some 20 ns a run (Linux 5.8). */
export function enableStatistics(): { close(): void } {
  return guarded(() => native().enableStatistics(), operationFailed);
}
