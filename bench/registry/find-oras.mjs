import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the tests keep programs of newer suites of Debian; see test/support/debian-program.ts. */
const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gadget-test-tools', 'oras', 'usr', 'bin', 'oras');

/** The path of oras: installed, or as the tests unpacked it. Undefined, with a line on stderr, when there is none. */
export function findOras() {
  const found = [...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'oras')), cached].find(isProgram);
  if (found === undefined) process.stderr.write('no oras: it is left out (its Debian package is in trixie)\n');
  return found;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    execFileSync(path, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
