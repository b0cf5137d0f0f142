import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Command } from 'commander';
import type { Report } from '../base/diagnostics.ts';
import { UsageError } from '../base/errors.ts';
import type { TrustEntry } from '../oci/signature/trust-policy.ts';
import { noRegistrySettings, type RegistrySettings } from './registry-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the configuration files say. */
export interface Config {
  /** The environment, and for variables that it does not set what the files say in their place. */
  readonly env: Environment;
  readonly registries: RegistrySettings;
  /** Who may sign which images, besides those of trust.json. */
  readonly trust: readonly TrustEntry[];
  /** Gives the flags of a command, and of those below it, the defaults that the files have. Errors: CONFIG_INVALID. */
  applyTo(command: Command): void;
}

/** A configuration file's name and text. */
export interface ConfigText {
  readonly path: string;
  readonly text: string;
}

export interface ConfigOptions {
  /** `--config`: this file alone. */
  readonly path: string | undefined;
  readonly env: Environment;
  /** Names of the commands that there are: each may have a section. */
  readonly commands: readonly string[];
  readonly report: Report;
}

/**
 * Reads the configuration: `--config` or GADGET_CONFIG alone, else the machine's file and the user's, which wins. Without a file it costs two
 * failed look-ups: what reads YAML is loaded only when there is some. Errors: CONFIG_INVALID.
 */
export async function readConfig(options: ConfigOptions): Promise<Config> {
  const texts = readTexts(options);
  if (texts.length === 0) return { env: options.env, registries: noRegistrySettings, trust: [], applyTo: () => {} };
  const { parseConfig } = await import('./config-file.ts');
  return parseConfig(texts, options);
}

/** Where the configuration of a machine and of a user is kept, the one that wins last. */
export function configPaths(env: Environment): string[] {
  const folder = env['XDG_CONFIG_HOME'];
  // The XDG base directory specification: a path that is not absolute is to be ignored.
  const base = folder !== undefined && isAbsolute(folder) ? folder : join(env['HOME'] || homedir(), '.config');
  return ['/etc/gadget/config.yaml', join(base, 'gadget', 'config.yaml')];
}

function readTexts({ path, env, report }: ConfigOptions): ConfigText[] {
  const named = path ?? (env['GADGET_CONFIG'] || undefined);
  const texts: ConfigText[] = [];
  for (const file of named === undefined ? configPaths(env) : [named]) {
    try {
      texts.push({ path: file, text: readFileSync(file, 'utf8') });
    } catch (cause) {
      if (named === undefined && isAbsent(cause)) continue;
      if (named === undefined && isForOthers(cause)) {
        report({ severity: 'warning', message: `the configuration file ${file} is not for this user to read, so it does not count` });
        continue;
      }
      throw new UsageError('CONFIG_INVALID', `the configuration file ${file} cannot be read`, { cause });
    }
  }
  return texts;
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function isForOthers(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EACCES';
}

/** `--config FILE` or `--config=FILE`: needed before the command is known. */
export function configFlag(words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === '--config' || word.startsWith('--config='));
  if (index < 0) return undefined;
  const word = words[index]!;
  if (word !== '--config') return word.slice('--config='.length);
  const path = words[index + 1];
  if (path === undefined) throw new UsageError('USAGE', '--config needs the name of a file');
  return path;
}
