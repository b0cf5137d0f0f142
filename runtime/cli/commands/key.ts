import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GadgetError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import { newPassword } from '../key-password.ts';
import { noteUsedKey } from '../used-keys.ts';

/** `gadget key` */
export function register(program: Command, context: CliContext): void {
  program
    .command('key')
    .description('make keys that sign images')
    .command('generate')
    .description('write a new pair of keys, NAME.key and NAME.pub, as cosign does; the password is that of COSIGN_PASSWORD, or asked for')
    .argument('[name]', 'where the files go', 'gadget')
    .action((name: string) => runKeyGenerate(name, context));
}

/** Never replaces a key that is there. */
export async function runKeyGenerate(name: string, context: CliContext): Promise<void> {
  const { generateKeyPair } = await import('../../oci/signature/private-key.ts');
  const path = resolve(context.cwd, name);
  const { privatePem, publicPem, fingerprint } = await generateKeyPair({ password: await newPassword(context) });
  await writeNew(`${path}.key`, privatePem, 0o600);
  await writeNew(`${path}.pub`, publicPem, 0o644);
  await noteUsedKey(`${path}.key`, context.env);
  context.stdout.write(`${path}.key signs (keep it to yourself)\n${path}.pub verifies: ${fingerprint}\n`);
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    const file = await open(path, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === 'EEXIST' ? 'it is there already, and a key is never replaced' : code;
    throw new GadgetError('OUTPUT_FAILED', `cannot write ${path}: ${problem}`, { cause, context: { path } });
  }
}
