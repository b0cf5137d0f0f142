import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { SignatureBundle } from './bundle.ts';
import type { SignatureForm } from './forms.ts';

/** A signature over a simple signing payload: a layer of the forms `legacy` and `oci11`. */
export interface SimpleSignature {
  readonly form: 'legacy' | 'oci11';
  /** Digest of the manifest that holds it. */
  readonly manifest: Digest;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** With a certificate instead of a known key: the certificate (PEM), and what the log said of it (JSON). */
  readonly certificate?: string;
  readonly rekorBundle?: string;
}

/** A signature in a Sigstore bundle. */
export interface BundleSignature {
  readonly form: 'bundle';
  readonly manifest: Digest;
  readonly bundle: SignatureBundle;
}

export type FoundSignature = SimpleSignature | BundleSignature;

/** Something beside the image that looked like a signature and could not be taken for one. */
export interface IgnoredSignature {
  readonly manifest: Digest;
  readonly form?: SignatureForm;
  /** A clause for people: `its payload is not of a type that cosign signs`. */
  readonly reason: string;
}

/** What was found beside one image. Nothing of it is verified yet. */
export interface FoundSignatures {
  /** `registry/repository`. */
  readonly repository: string;
  readonly image: Digest;
  readonly signatures: readonly FoundSignature[];
  readonly ignored: readonly IgnoredSignature[];
  /** The manifests that hold the signatures, with the tag of those that have one: what to copy so that the signatures travel along. */
  readonly manifests: readonly { readonly descriptor: Descriptor; readonly tag?: string }[];
}
