import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { register as copy } from './image/copy.ts';
import { register as deleteImage } from './image/delete.ts';
import { register as digest } from './image/digest.ts';
import { register as exportImages } from './image/export.ts';
import { register as importImages } from './image/import.ts';
import { register as inspect } from './image/inspect.ts';
import { register as list } from './image/list.ts';
import { register as prune } from './image/prune.ts';
import { register as referrers } from './image/referrers.ts';
import { register as remove } from './image/remove.ts';
import { register as sign } from './image/sign.ts';
import { register as tag } from './image/tag.ts';
import { register as tags } from './image/tags.ts';
import { register as verify } from './image/verify.ts';

const commands = [list, inspect, tag, remove, prune, exportImages, importImages, digest, tags, referrers, copy, deleteImage, sign, verify];

/** `gadget image`: what can be done with images in the local store. */
export function register(program: Command, context: CliContext): void {
  const image = program
    .command('image')
    .description('list, inspect, tag and remove local images, export and import them; copy, sign, verify and delete those of registries');
  for (const command of commands) command(image, context);
}
