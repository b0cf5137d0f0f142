import { execFileSync } from 'node:child_process';

/** Compiles a C file for this machine; returns the program's path. */
export function compileC(source: string, program: string, ...flags: readonly string[]): string {
  execFileSync('c++', ['-x', 'c', '-O1', ...flags, '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] });
  return program;
}
