import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultGadgetReference } from '../../runtime/oci/own-gadgets.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { defaultStorePath } from '../../runtime/oci/store/location.ts';
import { buildImage } from '../build-image.ts';

export { compileOwnPrograms } from '../own-programs.ts';

/** Gadgets compiled at the same time; each runs two compilers. */
const concurrency = 2;

/** Names of the project's own gadgets. */
function ownGadgets(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'gadget.yaml')))
    .sort();
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The project's gadgets that the local store lacks; all of them when the sources changed. */
export async function missingGadgets(folder: string, sourcesUnchanged: boolean, env: Environment): Promise<string[]> {
  const names = ownGadgets(folder);
  if (!sourcesUnchanged) return names;
  const store = await openImageStore(defaultStorePath(env));
  const missing: string[] = [];
  for (const name of names) if ((await store.resolve(defaultGadgetReference(name, env))) === undefined) missing.push(name);
  return missing;
}

/** Builds those gadgets and tags them as `<default registry prefix>/<name>:latest`. */
export async function storeGadgets(folder: string, names: readonly string[], env: Environment): Promise<void> {
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await buildImage({ path: join(folder, name), tag: defaultGadgetReference(name, env), env });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
