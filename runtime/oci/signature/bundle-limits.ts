import type { Bundle } from '@sigstore/bundle';
import { invalid } from '../json-document.ts';

/** The most log entries, and timestamps, of one bundle: the library compares each with each. A bundle has one or two. */
const maxEntries = 8;

// Every place where the library could see the name of a signer of a checkpoint: "— name signature".
const checkpointSigner = /\u2014 (?=(\S+))/g;
const plainName = /^[A-Za-z0-9._:/-]{1,255}$/;

/**
 * Refuses bundles that would keep the library busy: it takes the signer's name in a checkpoint for a regular expression, and one can be
 * written that takes hours. Throws IMAGE_INVALID.
 */
export function checkBundleLimits({ verificationMaterial }: Bundle): void {
  const { tlogEntries, timestampVerificationData } = verificationMaterial;
  if (tlogEntries.length > maxEntries)
    throw invalid('bundle', `has ${tlogEntries.length} log entries, more than the ${maxEntries} allowed`);
  const timestamps = timestampVerificationData?.rfc3161Timestamps.length ?? 0;
  if (timestamps > maxEntries) throw invalid('bundle', `has ${timestamps} timestamps, more than the ${maxEntries} allowed`);
  for (const { inclusionProof } of tlogEntries) {
    for (const [, name] of (inclusionProof?.checkpoint?.envelope ?? '').matchAll(checkpointSigner)) {
      if (!plainName.test(name!)) throw invalid('bundle', 'has a checkpoint whose signer has no plain name');
    }
  }
}
