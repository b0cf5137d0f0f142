import type { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { compatibleApiVersion } from '../../gadget/api-version.ts';
import type { CliContext } from '../context.ts';

/** `gadget version [-o json]` */
export function register(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('show the version of this program and of the gadget format it understands')
    .option('-o, --output <format>', 'text or json', 'text')
    .action((options: { output: string }) => {
      const versions = { version: packageJson.version, gadgetApi: compatibleApiVersion, node: process.versions.node };
      context.stdout.write(
        options.output === 'json'
          ? `${JSON.stringify(versions)}\n`
          : `gadget ${versions.version} (gadget API ${versions.gadgetApi}, Node.js ${versions.node})\n`,
      );
    });
}
