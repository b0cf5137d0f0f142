import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import { configFlag, configPaths, readConfig } from '../../runtime/cli/config.ts';
import { parseConfig } from '../../runtime/cli/config-file.ts';
import { type RegistrySettings, withEnvironment } from '../../runtime/cli/registry-settings.ts';
import { cosignPair } from '../support/signing-keys.ts';

/** A command with a flag of each sort, and one below it. */
function makeCommand(): Command {
  const command = new Command('run')
    .option('-o, --output <format>', '', 'columns')
    .option('--timeout <duration>', '', (text: string) => {
      if (!/^\d+s$/.test(text)) throw new InvalidArgumentError('write 5s');
      return Number.parseInt(text, 10);
    })
    .option('--host')
    .option('--no-host')
    .option('--no-color')
    .option('--clang <program>')
    .option('--filter <text>')
    .action(() => {})
    .exitOverride();
  command.command('below').option('--deep <text>');
  return command;
}

function parse(texts: readonly string[], env: Record<string, string> = {}) {
  const said: Diagnostic[] = [];
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  const config = parseConfig(files, { env, commands: ['run', 'list'], report: (diagnostic) => said.push(diagnostic) });
  return { config, said };
}

/** The flags of `run …words`. */
function flagsOf(texts: readonly string[], words: readonly string[] = [], env: Record<string, string> = {}) {
  const { config, said } = parse(texts, env);
  const command = makeCommand();
  config.applyTo(command);
  command.parse(words, { from: 'user' });
  return { flags: command.opts(), said, below: command.commands[0]!.opts() };
}

describe('defaults of flags', () => {
  it.each<[string, readonly string[], readonly string[], Record<string, string>, Record<string, unknown>]>([
    [
      'one file',
      ['run: {output: json, timeout: 5s, host: true, color: false}'],
      [],
      {},
      { output: 'json', timeout: 5, host: true, color: false },
    ],
    [
      "the user's file before the machine's, flag by flag",
      ['run: {output: json, timeout: 5s}', 'run: {output: yaml}'],
      [],
      {},
      { output: 'yaml', timeout: 5 },
    ],
    [
      'the command line before a file',
      ['run: {output: json, host: true}'],
      ['-o', 'none', '--no-host'],
      {},
      { output: 'none', host: false },
    ],
    [
      'a variable before a file',
      ['run: {clang: clang-19, color: true}'],
      [],
      { CLANG: 'clang-16', NO_COLOR: '1' },
      { output: 'columns', color: true },
    ],
    ['numbers are texts too', ['run: {output: 5}'], [], {}, { output: '5' }],
    ['keys in any case, and with dots', ['RUN.Output: json'], [], {}, { output: 'json' }],
    ['an empty file', ['', '# nothing\n', 'run:\n'], [], {}, { output: 'columns' }],
    ['what has no default is not one', ['run: {filter: a==1}'], [], {}, { output: 'columns' }],
  ])('%s', (_name, texts, words, env, expected) => {
    expect(flagsOf(texts, words, env).flags).toEqual({ color: true, output: 'columns', ...expected });
  });

  it('reach the commands below', () => {
    expect(flagsOf(['run: {below: {deep: x}}']).below).toEqual({ deep: 'x' });
  });

  it.each([
    ['a flag', 'run:\n  ouput: json\n', '0.yaml:2:3 unknown key "ouput" in run is ignored', 'did you mean output?'],
    ['a section', 'runn: {}\n', '0.yaml:1:1 unknown key "runn" in the file is ignored', 'did you mean run?'],
    ['a registry key', 'registries: {defualt: x}\n', '0.yaml:1:14 unknown key "defualt" in registries is ignored', 'did you mean default?'],
  ])('warn of %s that is unknown, once', (_name, text, expected, hint) => {
    const { config, said } = parse([text]);
    for (let times = 0; times < 2; times++) config.applyTo(makeCommand());
    const [diagnostic] = said;
    const { file, line, column } = diagnostic!.position!;
    expect(`${file}:${line}:${column} ${diagnostic!.message}`).toBe(expected);
    expect(said).toMatchObject([{ severity: 'warning', hint }]);
  });

  it.each([
    ['YAML that is none', 'run: {a\n', /^0\.yaml:\d+:\d+: /],
    ['no mapping', '- run', /^0\.yaml:1:1: the file must be a mapping/],
    ['a section that is none', 'run: fast', /^0\.yaml:1:1: run must be a mapping, not the text "fast"/],
    ['a text for a switch', 'run:\n  host: maybe', /^0\.yaml:2:3: host in run must be true or false, not the text "maybe"/],
    ['a list for a text', 'run:\n  output: [a, b]', /^0\.yaml:2:3: output in run must be a text, not a list/],
    ['a switch for a text', 'run:\n  output: true', /^0\.yaml:2:3: output in run must be a text, not true/],
    ['nothing', 'run:\n  output:', /^0\.yaml:2:3: output in run is empty/],
    ['a value that the flag refuses', 'run:\n  timeout: soon', /^0\.yaml:2:3: timeout in run: write 5s/],
    ['mirrors in no mapping', 'registries:\n  mirrors: [a]', /^0\.yaml:2:3: registries\.mirrors must be a mapping, not a list/],
    ['a list for a registry', 'registries:\n  default: [a]', /^0\.yaml:2:3: registries\.default must be a text, not a list/],
  ])('are refused with their place: %s', (_name, text, message) => {
    expect(() => flagsOf([text])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }));
  });
});

it('what variables of the environment say as well: they win, when they are not empty', () => {
  const text = 'store: /srv/store\nregistries: {default: registry.example/x}\n';
  expect(parse([text], { GADGET_STORE: '', HOME: '/h' }).config.env).toEqual({
    HOME: '/h',
    GADGET_STORE: '/srv/store',
    GADGET_DEFAULT_REGISTRY: 'registry.example/x',
  });
  expect(parse([text, 'store: /mine'], { GADGET_DEFAULT_REGISTRY: 'set' }).config.env).toEqual({
    GADGET_STORE: '/mine',
    GADGET_DEFAULT_REGISTRY: 'set',
  });
});

it('what is said of registries, by a later file in the place of an earlier one', () => {
  const machine = `registries:
  insecure: [localhost:5000, 10.0.0.1]
  mirrors:
    docker.io: [mirror.example/docker, "other.example:8443"]
    localhost:5000: one.example
`;
  const user = 'registries: {insecure: registry.example, mirrors: {docker.io: [mine.example]}}\n';
  expect(parse([machine]).config.registries).toMatchObject({
    insecure: ['localhost:5000', '10.0.0.1'],
    mirrors: new Map([
      ['docker.io', ['mirror.example/docker', 'other.example:8443']],
      ['localhost:5000', ['one.example']],
    ]),
  });
  expect(parse([machine, user]).config.registries).toMatchObject({
    insecure: ['registry.example'],
    mirrors: new Map([
      ['docker.io', ['mine.example']],
      ['localhost:5000', ['one.example']],
    ]),
  });
});

it.each<[string, string, Record<string, string>, Partial<RegistrySettings>]>([
  ['all registries, without a certificate', '', {}, { allowed: undefined, cert: undefined, key: undefined }],
  ['allowed registries', 'registries: {allowed: [one.example/org, two.example]}', {}, { allowed: ['one.example/org', 'two.example'] }],
  ['none of them', 'registries: {allowed: []}', {}, { allowed: [] }],
  ['those of the environment', 'registries: {allowed: one.example}', { GADGET_ALLOWED_REGISTRIES: 'a, b' }, { allowed: ['a', 'b'] }],
  ['those of the file, the variable being empty', 'registries: {allowed: a}', { GADGET_ALLOWED_REGISTRIES: '' }, { allowed: ['a'] }],
  ['a certificate', 'registries: {cert: own.crt, key: own.key}', {}, { cert: 'own.crt', key: 'own.key' }],
])('registries are reached with %s', (_what, text, env, expected) => {
  expect(withEnvironment(parse([text]).config.registries, env)).toMatchObject(expected);
});

describe('trust', () => {
  const key = cosignPair.publicPem.trimEnd().replaceAll('\n', '\n      ');

  it('holds entries of every file', () => {
    const machine = `trust:\n  - prefix: ghcr.io/org/\n    key: |\n      ${key}\n`;
    const user = 'trust: [{prefix: ghcr.io/robot, identity: "https://ci.example/x", issuer: "https://issuer.example"}]\n';
    expect(parse([machine, user]).config.trust).toEqual([
      { prefix: 'ghcr.io/org', key: cosignPair.publicPem },
      { prefix: 'ghcr.io/robot', identity: 'https://ci.example/x', issuer: 'https://issuer.example' },
    ]);
  });

  it.each([
    ['no list', 'trust: {prefix: x}', /^0\.yaml:1:1: trust must be a list/],
    ['no entry', 'trust: [x]', /^0\.yaml:1:9: an entry of trust must be a mapping/],
    ['a misspelt key', 'trust: [{prefix: ghcr.io/org, identty: x, issuer: y}]', /^0\.yaml:1:9: an entry of trust has an unknown "identty"/],
    ['no issuer', 'trust:\n  - {prefix: ghcr.io/org, identity: x}', /^0\.yaml:2:5: an entry of trust has an identity without an issuer/],
    ['a number', 'trust: [{prefix: [1], identity: x, issuer: y}]', /^0\.yaml:1:10: prefix of an entry of trust must be a text/],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parse([text])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }));
  });
});

describe('readConfig', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'gadget-config-'));
  });
  afterEach(() => {
    rmSync(scratch, { recursive: true });
  });

  const write = (name: string, text: string) => {
    const path = join(scratch, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const storeOf = async (path: string | undefined, env: Record<string, string>) => {
    const config = await readConfig({ path, env, commands: [], report: () => {} });
    return config.env['GADGET_STORE'];
  };

  it("reads the user's file, or the one that is named, or the one of the flag", async () => {
    const env = { XDG_CONFIG_HOME: scratch };
    expect(await storeOf(undefined, env)).toBeUndefined();
    write('gadget/config.yaml', 'store: /user');
    expect(await storeOf(undefined, env)).toBe('/user');
    const named = { ...env, GADGET_CONFIG: write('named.yaml', 'store: /named') };
    expect(await storeOf(undefined, named)).toBe('/named');
    expect(await storeOf(write('flag.yaml', 'store: /flag'), named)).toBe('/flag');
  });

  it.each([
    ['that is absent', () => join(scratch, 'absent.yaml')],
    ['that is a folder', () => scratch],
  ])('refuses a named file %s', async (_name, path) => {
    await expect(storeOf(path(), {})).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(scratch) });
  });

  it.each([
    [{ XDG_CONFIG_HOME: '/x' }, '/x/gadget/config.yaml'],
    [{ XDG_CONFIG_HOME: 'relative', HOME: '/home/a' }, '/home/a/.config/gadget/config.yaml'],
    [{ HOME: '/home/a' }, '/home/a/.config/gadget/config.yaml'],
  ])('looks for it where XDG says: %j', (env, path) => {
    expect(configPaths(env)).toEqual(['/etc/gadget/config.yaml', path]);
  });
});

describe('configFlag', () => {
  it.each([
    [['run', 'x'], undefined],
    [['--config', 'f', 'run'], 'f'],
    [['run', 'x', '--config=f'], 'f'],
  ])('%j', (words, expected) => {
    expect(configFlag(words)).toBe(expected);
  });

  it('needs a file', () => {
    expect(() => configFlag(['--config'])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
