import type { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { compatibleApiVersion } from '../../gadget/api-version.ts';
import type { CliContext } from '../context.ts';
import { outputFormat } from '../render-document.ts';

const formats = ['text', 'json'] as const;

/** `gadget version [-o json]` */
export function register(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('show the version of this program and of the gadget format it understands')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((options: { output: string }) => {
      const format = outputFormat(options.output, formats);
      const versions = { version: packageJson.version, gadgetApi: compatibleApiVersion, node: process.versions.node };
      context.stdout.write(
        format === 'json'
          ? `${JSON.stringify(versions)}\n`
          : `gadget ${versions.version} (gadget API ${versions.gadgetApi}, Node.js ${versions.node})\n`,
      );
    });
}
