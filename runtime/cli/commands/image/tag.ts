import type { Command } from 'commander';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import type { CliContext } from '../../context.ts';
import { referenceOf, requireImage } from './store.ts';

/** `gadget image tag` */
export function register(image: Command, context: CliContext): void {
  image
    .command('tag')
    .description('give an image in the local store one more name')
    .argument('<source>')
    .argument('<target>')
    .action((source: string, target: string) => runImageTag({ source, target }, context));
}

/** Makes `target` name what `source` names; an image built here is so under both names. */
export async function runImageTag(names: { readonly source: string; readonly target: string }, context: CliContext): Promise<void> {
  const store = openImageStore(defaultStorePath(context.env));
  const target = referenceOf(names.target, context);
  const { descriptor, builtHere, sparse } = await requireImage(store, referenceOf(names.source, context), context);
  await store.tag(descriptor, target, { builtHere, sparse });
}
