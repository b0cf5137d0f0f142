import { describe } from 'vitest';

/** Tests of a real kernel: loading a program takes capabilities that only root has in the places where tests run. */
export const describeAsRoot = describe.runIf(process.getuid?.() === 0);
