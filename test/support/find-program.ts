import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program in PATH, or undefined when it is not installed. `GADGET_TEST_TOOLS` names a folder that is looked at first. */
export function findProgram(name: string): string | undefined {
  const folders = [process.env['GADGET_TEST_TOOLS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
