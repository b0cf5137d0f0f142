import { afterAll, expect, test } from 'vitest';
import { CommandLine } from '../support/command-line.ts';

const line = new CommandLine();
afterAll(() => line.remove());

/** Every command below these words, as its help lists them. */
async function commandsBelow(words: readonly string[]): Promise<string[][]> {
  const help = await line.gadget(...words, '--help');
  const listed = help.slice(help.indexOf('\nCommands:\n') + 1);
  if (!listed.startsWith('Commands:')) return [[...words]];
  const names = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]!).filter((name) => name !== 'help');
  const below = await Promise.all(names.map((name) => commandsBelow([...words, name])));
  return [[...words], ...below.flat()];
}

test('every command explains itself within 80 columns, and every flag has its sentence', { timeout: 60_000 }, async () => {
  const commands = await commandsBelow([]);
  expect(commands.length).toBeGreaterThan(30);
  const wide: string[] = [];
  const bare: string[] = [];
  for (const words of commands) {
    const lines = (await line.gadget(...words, '--help')).split('\n');
    wide.push(...lines.filter((text) => text.length > 80));
    bare.push(...lines.filter((text, at) => /^ {2}(?:-\w, )?--\S+(?: <\S+>)?$/.test(text) && !/^ {10}/.test(lines[at + 1] ?? '')));
  }
  expect({ wide, bare }).toEqual({ wide: [], bare: [] });
});
