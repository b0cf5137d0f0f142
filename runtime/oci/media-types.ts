/** Media types by name, as the OCI image specification and the gadget image format spell them. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  emptyConfig: 'application/vnd.oci.empty.v1+json',
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  /** A tar of files, not compressed. */
  imageLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  /** gadget.yaml, verbatim: the config of a manifest. */
  gadgetConfig: 'application/vnd.gadget.config.v1+yaml',
  /** The eBPF ELF object, not in a tar. */
  ebpfProgram: 'application/vnd.gadget.ebpf.program.v1+binary',
  /** The WASM module, not in a tar. */
  wasmProgram: 'application/vnd.gadget.wasm.program.v1+binary',
  /** BTF of kernels without their own: a tar.gz. */
  btfgen: 'application/vnd.gadget.btfgen.v1+binary',
} as const;

/** `artifactType` of a gadget's manifest. */
export const gadgetArtifactType = 'application/vnd.gadget.v1+binary';

/** Annotations of images and of entries in the local index. */
export const annotationKeys = {
  /** Name of an entry in index.json; here the full `registry/repository:tag`. */
  refName: 'org.opencontainers.image.ref.name',
  title: 'org.opencontainers.image.title',
  description: 'org.opencontainers.image.description',
  /** RFC 3339. */
  created: 'org.opencontainers.image.created',
  builderVersion: 'io.inspektor-gadget.builder.version',
  /** Only in a local index.json, never believed when it comes from elsewhere: this machine built the image. */
  builtHere: 'dev.gadget.built-here',
  /** Only in a local index.json: some platforms of the image are not in the store. */
  sparse: 'dev.gadget.sparse',
  /** Only in a local index.json: the digest of the manifest that this one says something about. */
  subject: 'dev.gadget.subject',
} as const;

/** Whether a document of this type lists manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

/** Whether a document of this type has a config and layers. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest;
}
