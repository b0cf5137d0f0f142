import { UsageError } from '../base/errors.ts';
import type { CliContext } from './context.ts';

const enter = /[\r\n\x04]/;
const interrupt = '\x03';
const erase = /[\x7f\b]/;

/** Asks on the terminal for something that is not shown while it is typed. Throws USAGE, with the hint, where there is no terminal. */
export async function askSecret(question: string, context: CliContext, hint: string): Promise<string> {
  const stdin = terminalFor(question, hint);
  context.stderr.write(`${question}: `);
  stdin.setRawMode(true);
  try {
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    context.stderr.write('\n');
  }
}

/** As `askSecret`, of something that may be seen. */
export async function askLine(question: string, context: CliContext, hint: string): Promise<string> {
  const stdin = terminalFor(question, hint);
  context.stderr.write(`${question}: `);
  try {
    return await readLine(stdin);
  } finally {
    stdin.pause();
  }
}

function terminalFor(question: string, hint: string): NodeJS.ReadStream {
  if (process.stdin.isTTY === true) return process.stdin;
  throw new UsageError('USAGE', `there is no terminal to ask for the ${question.toLowerCase()}`, { hint });
}

async function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  let typed = '';
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
    for (const character of String(chunk)) {
      if (character === interrupt) process.exit(130);
      if (enter.test(character)) return typed;
      typed = erase.test(character) ? typed.slice(0, -1) : typed + character;
    }
  }
  return typed;
}

/** All of standard input, without the line end that `echo` puts behind a password. */
export async function readSecretFromStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text.replace(/\r?\n$/, '');
}
