import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { usageErrorOf } from '../../runtime/cli/commander-error.ts';
import { paramValues, type RunFlags, runCommand, staticOptions } from '../../runtime/cli/commands/run/flags.ts';
import type { GadgetParam } from '../../runtime/gadget/spec.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';

const param = (key: string, kind: GadgetParam['kind'], defaultValue = ''): GadgetParam => ({
  variable: key,
  key,
  kind,
  size: 4,
  defaultValue,
  description: `says ${key}`,
});
const spec = gadgetSpec({
  params: [param('pid', 'uint32', '0'), param('failed', 'bool', 'false'), param('comm', 'string'), param('timeout', 'uint32', '7')],
});

function parse(words: string): { flags: RunFlags; params: Record<string, string> } {
  const command = runCommand(spec, () => {})
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(
    words.split(' ').filter((word) => word !== ''),
    { from: 'user' },
  );
  return { flags: command.opts() as RunFlags, params: Object.fromEntries(paramValues(command, spec)) };
}

describe('flags of gadget run', () => {
  test('have defaults', () => {
    expect(parse('').flags).toMatchObject({ output: 'columns', filter: [], bufferSize: 8 * 1024 * 1024, color: true });
  });

  test.each<[string, Partial<RunFlags>]>([
    ['-o json', { output: 'json' }],
    ['--output=json=file', { output: 'json=file' }],
    ['--timeout 5', { timeout: 5000 }],
    ['-t 1m30s', { timeout: 90_000 }],
    ['-n 3', { number: 3 }],
    ['-F a==1 --filter b~c', { filter: ['a==1', 'b~c'] }],
    ['--sort -cpu', { sort: '-cpu' }],
    ['--buffer-size 64K', { bufferSize: 65536 }],
    ['--buffer-size 5000', { bufferSize: 8192 }],
    ['--buffer-size 1GiB', { bufferSize: 2 ** 30 }],
    ['--no-color', { color: false }],
    ['--self --host -q -v', { self: true, host: true, quiet: true, verbose: true }],
  ])('%s', (words, flags) => expect(parse(words).flags).toMatchObject(flags));

  test.each<[string, string, string, string]>([
    ['--timeout soon', 'PARAM_INVALID', '--timeout: "soon" cannot be used', 'write seconds (5) or a number with a unit (500ms, 2s, 1m30s)'],
    ['-n 0', 'PARAM_INVALID', '--number: "0" cannot be used', 'write a number above 0'],
    ['-n 1.5', 'PARAM_INVALID', '--number: "1.5" cannot be used', 'write a number above 0'],
    ['--buffer-size 8X', 'PARAM_INVALID', '--buffer-size: "8X" cannot be used', 'write a size such as 8M, 512K or 65536'],
    ['--buffer-size 1', 'PARAM_INVALID', '--buffer-size: "1" cannot be used', 'write a size between 4K and 1G'],
    ['--buffer-size 2G', 'PARAM_INVALID', '--buffer-size: "2G" cannot be used', 'write a size between 4K and 1G'],
    ['--timeuot 5', 'UNKNOWN_FLAG', 'there is no flag --timeuot', 'did you mean --timeout?'],
    ['--quite-other', 'UNKNOWN_FLAG', 'there is no flag --quite-other', 'see help'],
    ['--sort', 'USAGE', '--sort needs a value', 'see help'],
  ])('%s is wrong', (words, code, message, hint) => {
    let error: unknown;
    try {
      parse(words);
    } catch (thrown) {
      error = thrown instanceof CommanderError ? usageErrorOf(thrown, 'see help') : thrown;
    }
    expect(error).toMatchObject({ code, message, hint });
  });

  test('a flag is declared once', () => {
    const names = staticOptions().flatMap(({ short, long }) => [short, long].filter((name) => name !== undefined));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('params as flags', () => {
  test.each<[string, Record<string, string>]>([
    ['', {}],
    ['--pid 7', { pid: '7' }],
    ['--operator.oci.ebpf.pid 7', { pid: '7' }],
    ['--failed', { failed: 'true' }],
    ['--failed=false', { failed: 'false' }],
    ['--comm=', { comm: '' }],
    // A flag of ours wins over a param of its name.
    ['--timeout 3', {}],
    ['--operator.oci.ebpf.timeout 3', { timeout: '3' }],
  ])('%j', (words, params) => expect(parse(words).params).toEqual(params));

  test('help has each with type, default and description', () => {
    const help = runCommand(spec, () => {})
      .helpInformation()
      .replace(/\s+/g, ' ');
    expect(help).toContain('--pid <uint32> says pid (uint32, default: 0)');
    expect(help).toContain('--failed [bool] says failed (bool, default: false)');
    expect(help).toContain('--comm <text> says comm (string, default: "")');
    expect(help).toContain('--operator.oci.ebpf.timeout <uint32> says timeout (uint32, default: 7)');
    expect(help).not.toContain('--operator.oci.ebpf.pid');
    expect(help).toMatch(/^Usage: gadget run sample \[flags\]/);
  });
});
