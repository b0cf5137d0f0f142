import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { register as exportImages } from './image/export.ts';
import { register as importImages } from './image/import.ts';
import { register as inspect } from './image/inspect.ts';
import { register as list } from './image/list.ts';
import { register as prune } from './image/prune.ts';
import { register as remove } from './image/remove.ts';
import { register as tag } from './image/tag.ts';

/** `gadget image`: what can be done with images in the local store. */
export function register(program: Command, context: CliContext): void {
  const image = program.command('image').description('list, inspect, tag and remove images, export and import them');
  for (const command of [list, inspect, tag, remove, prune, exportImages, importImages]) command(image, context);
}
