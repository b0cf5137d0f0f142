import { readFileSync } from 'node:fs';
import type { Kernel } from '../kernel/types.ts';

/**
 * Whether tracer maps can be ring buffers (Linux 5.8). Programs choose at relocation, by the enumerators of bpf_func_id: where the user names the file
 * that they are relocated against, it has to say the same, or map and program would not fit together.
 */
export function hasRingBuffers(kernel: Kernel, kernelBtfPath: string | undefined): boolean {
  if (kernel.features.ringBuffer().supported === false) return false;
  return kernelBtfPath === undefined || namesRingBuffers(kernelBtfPath);
}

function namesRingBuffers(path: string): boolean {
  try {
    return readFileSync(path).includes('\0BPF_FUNC_ringbuf_output\0');
  } catch {
    return true; // loading says what is wrong with that file
  }
}
