import { createHash } from 'node:crypto';
import { expectObject, expectString, invalid, parseJsonObject } from '../json-document.ts';
import type { FoundSignature, SimpleSignature } from './found-signatures.ts';
import { parsePem } from './pem.ts';

const maxLogEntryBytes = 256 * 1024;

/** The signature as the JSON of a Sigstore bundle, which is what can be verified. Throws IMAGE_INVALID. */
export function keylessBundle(found: FoundSignature): unknown {
  return found.form === 'bundle' ? found.bundle.json : bundleOfAnnotations(found);
}

/** The older form keeps in annotations what a bundle of version 0.1 holds: a certificate, and the log's promise to include the entry. */
function bundleOfAnnotations({ payload, signature, certificate, rekorBundle }: SimpleSignature): unknown {
  const leaf = parsePem(certificate ?? '').find(({ label }) => label === 'CERTIFICATE');
  if (leaf === undefined) throw invalid('annotations', 'hold no certificate');
  if (rekorBundle === undefined) throw invalid('annotations', 'hold no entry of a transparency log');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: leaf.bytes.toString('base64') }] },
      tlogEntries: [logEntry(rekorBundle)],
    },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(payload).digest('base64') },
      signature: Buffer.from(signature).toString('base64'),
    },
  };
}

function logEntry(text: string): unknown {
  const json = parseJsonObject(Buffer.from(text), 'log entry', maxLogEntryBytes);
  const { body, integratedTime, logIndex, logID } = expectObject(json['Payload'], 'log entry: Payload') as Record<string, unknown>;
  const canonicalizedBody = expectString(body, 'log entry: body');
  const { kind, apiVersion } = parseJsonObject(Buffer.from(canonicalizedBody, 'base64'), 'log entry: body', maxLogEntryBytes);
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(expectString(logID, 'log entry: logID'), 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: expectString(json['SignedEntryTimestamp'], 'log entry: SignedEntryTimestamp') },
    canonicalizedBody,
  };
}
