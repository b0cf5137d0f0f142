import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** A suite of Debian's archive, asked through apt without touching what the system's own apt knows. */
export class DebianSuite {
  readonly #folder: string;
  readonly #options: readonly string[];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#options = [
      `-oDir::Etc::SourceList=${join(folder, 'sources.list')}`,
      '-oDir::Etc::SourceParts=/dev/null',
      `-oDir::State::Lists=${join(folder, 'lists')}`,
      `-oDir::Cache=${join(folder, 'cache')}`,
      '-oAPT::Sandbox::User=root',
    ];
  }

  /** Reads the suite's list of packages into `folder`, which the caller removes. */
  static async open(suite: string, folder: string): Promise<DebianSuite> {
    for (const name of ['lists/partial', 'cache', 'packages']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(
      join(folder, 'sources.list'),
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${archiveAddress()} ${suite} main\n`,
    );
    const opened = new DebianSuite(folder);
    await exec('apt-get', [...opened.#options, 'update']);
    return opened;
  }

  /** Names of the packages that a package depends on. */
  async dependencies(name: string): Promise<string[]> {
    const { stdout } = await exec('apt-cache', [...this.#options, 'depends', name]);
    return [...stdout.matchAll(/^ *\|?Depends: ([^<\s]\S*)$/gm)].map((match) => match[1]!);
  }

  /** Fetches packages; returns the paths of their files. */
  async download(names: readonly string[]): Promise<string[]> {
    const packages = join(this.#folder, 'packages');
    await exec('apt-get', [...this.#options, 'download', ...names], { cwd: packages });
    return readdirSync(packages).map((file) => join(packages, file));
  }
}

/** Where this system has its packages from. Throws on a system that is not Debian. */
function archiveAddress(): string {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...listed(folder).map((name) => join(folder, name))];
  for (const file of files) {
    const address = /^(?!\s*#).*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(readOrEmpty(file))?.[1];
    if (address !== undefined) return address;
  }
  throw new Error('apt has no source of Debian packages: /etc/apt/sources.list names none');
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // it is optional
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it is optional
  }
}
