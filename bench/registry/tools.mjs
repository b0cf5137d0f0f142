import { join } from 'node:path';
import { gadget } from '../support/toolbox.mjs';

/**
 * The clients that are compared. Each takes an image from a layout folder to a registry on loopback, and back into another folder. `empty` does
 * nothing but start.
 */
export function clients(oras) {
  return [gadgetClient, skopeoClient, ...(oras === undefined ? [] : [orasClient(oras)])];
}

/** The store is a layout itself; names in it are full. */
const gadgetClient = {
  name: 'gadget',
  nameInLayout: (reference) => reference,
  empty: gadget('version'),
  push: (_folder, reference) => gadget('push', reference),
  pull: (_folder, reference) => gadget('pull', '--verify-image=false', reference),
  env: (folder) => ({ GADGET_STORE: folder, GADGET_CONFIG: '/dev/null', GADGET_TRUST: join(folder, 'trust.json') }),
};

const skopeoClient = {
  name: 'skopeo',
  nameInLayout: () => 'bench',
  empty: ['skopeo', '--version'],
  push: (folder, reference) => skopeo('--dest-tls-verify=false', `oci:${folder}:bench`, `docker://${reference}`),
  pull: (folder, reference) => skopeo('--src-tls-verify=false', `docker://${reference}`, `oci:${folder}:bench`),
  env: () => ({}),
};

const skopeo = (...words) => ['skopeo', '--insecure-policy', 'copy', '--all', '--preserve-digests', ...words];

const orasClient = (program) => ({
  name: 'oras',
  nameInLayout: () => 'bench',
  empty: [program, 'version'],
  push: (folder, reference) => [program, 'copy', '--from-oci-layout', `${folder}:bench`, '--to-plain-http', reference],
  pull: (folder, reference) => [program, 'copy', '--from-plain-http', reference, '--to-oci-layout', `${folder}:bench`],
  env: () => ({}),
});
