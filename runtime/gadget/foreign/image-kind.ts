import type { Manifest } from '../../oci/manifest.ts';
import { gadgetArtifactType, mediaTypes } from '../../oci/media-types.ts';

/** What an image may be, told by the types of its config and layers alone. */
export const imageKinds = {
  gadget: 'a gadget',
  bumblebee: 'an eBPF program as BumbleBee (bee) packs it',
  bytecode: 'eBPF bytecode as bpfman runs it',
  'eunomia-wasm': 'a WebAssembly module, as eunomia-bpf (ecli) packs eBPF programs',
  container: 'a container image',
  signature: 'a signature or attestation of another image',
  unknown: 'of an unknown kind',
} as const;

export type ImageKind = keyof typeof imageKinds;

/** Of BumbleBee: the standing type, and those of its first versions. */
export const bumblebeeTypes = {
  config: 'application/ebpf.oci.image.config.v1+json',
  programs: new Set(['application/ebpf.oci.image.program.v1+binary', 'binary/ebpf.solo.io.v1', 'ebpf.solo.io.progfile/v1']),
} as const;

const containerConfigs: ReadonlySet<string> = new Set([mediaTypes.imageConfig, 'application/vnd.docker.container.image.v1+json']);
const wasmTypes = /^application\/(?:vnd\.wasm\.(?:config|content)|wasm$)/;
const signatureTypes = /cosign|sigstore|in-toto|cncf\.notary/;
const gadgetLayers: ReadonlySet<string> = new Set([mediaTypes.ebpfProgram, mediaTypes.wasmProgram, mediaTypes.btfgen]);

/** The kind that the types in a manifest tell. A container image may turn out to be bytecode: its labels say so (`readBytecodeLabels`). */
export function imageKindOf({ artifactType, config, layers }: Manifest): ImageKind {
  const layerTypes = layers.map(({ mediaType }) => mediaType);
  const all = [artifactType ?? '', config.mediaType, ...layerTypes];
  if (artifactType === gadgetArtifactType || config.mediaType === mediaTypes.gadgetConfig) return 'gadget';
  if (layerTypes.some((type) => gadgetLayers.has(type))) return 'gadget';
  if (config.mediaType === bumblebeeTypes.config || layerTypes.some((type) => bumblebeeTypes.programs.has(type))) return 'bumblebee';
  if (all.some((type) => wasmTypes.test(type))) return 'eunomia-wasm';
  if (all.some((type) => signatureTypes.test(type))) return 'signature';
  return containerConfigs.has(config.mediaType) ? 'container' : 'unknown';
}
