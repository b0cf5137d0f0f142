import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Who runs this, when not asked of the process itself. */
export interface Identity {
  readonly uid?: number;
  /** Text in the form of /etc/passwd. */
  readonly passwd?: string;
}

/** The folder of the image store that is written to: GADGET_STORE, else /var/lib/gadget for root, else the user's data folder. */
export function defaultStorePath(env: Environment = process.env, identity: Identity = {}): string {
  if (isSet(env['GADGET_STORE'])) return env['GADGET_STORE'];
  if ((identity.uid ?? process.getuid?.()) === 0) return '/var/lib/gadget';
  const home = isSet(env['HOME']) ? env['HOME'] : homedir();
  const data = env['XDG_DATA_HOME'];
  // The XDG base directory specification: a path that is not absolute is to be ignored.
  return join(isSet(data) && isAbsolute(data) ? data : join(home, '.local', 'share'), 'gadget');
}

/** Every store to read from, the one that is written to first. Under sudo that is also the invoking user's. */
export function storePaths(env: Environment = process.env, identity: Identity = {}): readonly [string, ...string[]] {
  const own = defaultStorePath(env, identity);
  const invoker = env['SUDO_UID'];
  const isRoot = (identity.uid ?? process.getuid?.()) === 0;
  if (isSet(env['GADGET_STORE']) || !isRoot || !isSet(invoker) || invoker === '0') return [own];
  // sudo sets HOME to root's, so the invoking user's is looked up.
  const home = homeOf(invoker, identity.passwd ?? readPasswd());
  return home === undefined ? [own] : [own, join(home, '.local', 'share', 'gadget')];
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function homeOf(uid: string, passwd: string): string | undefined {
  for (const line of passwd.split('\n')) {
    const [, , lineUid, , , home] = line.split(':');
    if (lineUid === uid && home !== undefined && isAbsolute(home)) return home;
  }
  return undefined;
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    // Without it the invoking user's store is not found; root's own is still there.
    return '';
  }
}
