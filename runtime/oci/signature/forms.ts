/**
 * How a signature is stored beside an image, all three of cosign: `legacy` under a tag, `oci11` as a referrer of the same content, `bundle`
 * as a referrer that holds a Sigstore bundle.
 */
export type SignatureForm = 'legacy' | 'oci11' | 'bundle';

export const signatureForms: readonly SignatureForm[] = ['legacy', 'oci11', 'bundle'];

/** Media and artifact types of signatures. */
export const signatureTypes = {
  /** Layer of the forms `legacy` and `oci11`. */
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  /** Config of the form `oci11`. */
  oci11: 'application/vnd.dev.cosign.artifact.sig.v1+json',
  /** Layer and artifact of the form `bundle`. */
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  /** A signature of Notation, which is recognised and not verified. */
  notation: 'application/vnd.cncf.notary.signature',
} as const;

/** Annotations of signatures: the first three of a layer, the others of a manifest. */
export const signatureAnnotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  rekorBundle: 'dev.sigstore.cosign/bundle',
  bundleContent: 'dev.sigstore.bundle.content',
  bundlePredicate: 'dev.sigstore.bundle.predicateType',
} as const;

/** Any media type of a Sigstore bundle, of versions 0.1 to 0.3. */
export function isBundleType(mediaType: string): boolean {
  return /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[1-3]|\.v0\.3\+json)$/.test(mediaType);
}

/** The form in words, for people. */
export const formNames: Readonly<Record<SignatureForm, string>> = {
  legacy: 'signature under a tag',
  oci11: 'signature as a referrer',
  bundle: 'Sigstore bundle',
};
