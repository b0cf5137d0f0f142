import { Command } from 'commander';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { staticOptions } from '../../runtime/cli/commands/run/flags.ts';
import { parseConfig } from '../../runtime/cli/config-file.ts';
import { textOrError, yamlText } from '../support/yaml-texts.ts';

const words = [
  'run',
  'list',
  'store',
  'registries',
  'default',
  'mirrors',
  'insecure',
  'output',
  'timeout',
  'host',
  'color',
  'buffer-size',
  'number',
  'run.output',
  '5s',
  '8M',
];

function makeCommand(): Command {
  const command = new Command('run');
  for (const option of staticOptions()) command.addOption(option);
  return command;
}

function read(text: string) {
  const config = parseConfig([{ path: 'config.yaml', text }], {
    env: {},
    commands: ['run', 'list'],
    report: ({ position }) => {
      expect(position!.line).toBeGreaterThan(0);
      expect(position!.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length + 1);
    },
  });
  const command = makeCommand();
  config.applyTo(command);
  return command.parse([], { from: 'user' }).opts();
}

it('gives the flags, or a typed error, soon', () => {
  fc.assert(fc.property(yamlText(words), textOrError(['CONFIG_INVALID'], read)), { numRuns: 500 });
});

it('names the place of what is wrong', () => {
  fc.assert(
    fc.property(yamlText(words), (text) => {
      try {
        read(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/^config\.yaml:/);
      }
    }),
    { numRuns: 300 },
  );
});
