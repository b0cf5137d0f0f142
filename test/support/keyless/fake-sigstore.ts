import { sign } from 'node:crypto';
import { preAuthEncoding } from '../../../runtime/oci/signature/dsse.ts';
import { signatureTypes } from '../../../runtime/oci/signature/forms.ts';
import { inTotoType } from '../../../runtime/oci/signature/in-toto.ts';
import { formatPem } from '../../../runtime/oci/signature/pem.ts';
import { authorityCertificate, type KeyPair, leafCertificate, newKeyPair, sha256, spkiOf } from './certificates.ts';

/** How a log describes an entry: the envelope (Rekor 1), or the digest of the bytes that are signed (Rekor 2). */
export type EntryKind = 'dsse' | 'hashedrekord-2';

export interface KeylessOptions {
  readonly identity?: string;
  readonly issuer?: string | undefined;
  /** When it is signed. */
  readonly at?: Date;
  readonly entry?: EntryKind;
  /** Whether the log of certificates has seen the certificate. */
  readonly isLogged?: boolean;
  readonly checkpointSigner?: string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A certificate authority, a log of certificates and a log of signatures, all of one process, with their trusted root. */
export class FakeSigstore {
  readonly #authority = newKeyPair();
  readonly #certificateLog = newKeyPair();
  readonly #log = newKeyPair();
  readonly #start = new Date('2024-01-01T00:00:00Z');
  readonly #end = new Date('2034-01-01T00:00:00Z');

  get trustedRoot(): Buffer {
    const certificate = authorityCertificate(this.#authority, this.#start, this.#end);
    const validFor = { start: this.#start.toISOString() };
    const log = (baseUrl: string, key: KeyPair) => ({
      baseUrl,
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: base64(spkiOf(key)), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
      logId: { keyId: base64(sha256(spkiOf(key))) },
    });
    return Buffer.from(
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
        tlogs: [log('https://log.example', this.#log)],
        certificateAuthorities: [{ uri: 'https://ca.example', certChain: { certificates: [{ rawBytes: base64(certificate) }] }, validFor }],
        ctlogs: [log('https://ct.example', this.#certificateLog)],
        timestampAuthorities: [],
      }),
    );
  }

  /** A bundle v0.3 around an in-toto statement. */
  bundle(statement: Uint8Array, options: KeylessOptions = {}): Record<string, unknown> {
    const { key, certificate, at } = this.#certify(options);
    const signed = preAuthEncoding(inTotoType, statement);
    const signature = sign('sha256', signed, key.privateKey);
    const entry =
      options.entry === 'hashedrekord-2' ? hashedEntryOfTwo(signed, signature) : envelopeEntry(statement, signature, certificate);
    return {
      mediaType: signatureTypes.bundle,
      verificationMaterial: {
        certificate: { rawBytes: base64(certificate) },
        tlogEntries: [this.#logEntry(entry, at, options.checkpointSigner)],
      },
      dsseEnvelope: { payload: base64(statement), payloadType: inTotoType, signatures: [{ sig: base64(signature) }] },
    };
  }

  /** The annotations of a layer that `cosign sign` of older versions writes, and the signature itself. */
  annotations(payload: Uint8Array, options: KeylessOptions = {}): { signature: Buffer; certificate: string; rekorBundle: string } {
    const { key, certificate, at } = this.#certify(options);
    const signature = sign('sha256', payload, key.privateKey);
    const { logId, integratedTime, inclusionPromise, canonicalizedBody } = this.#logEntry(hashedEntry(payload, signature, certificate), at);
    const rekorBundle = {
      SignedEntryTimestamp: inclusionPromise.signedEntryTimestamp,
      Payload: {
        body: canonicalizedBody,
        integratedTime: Number(integratedTime),
        logIndex: 0,
        logID: Buffer.from(logId.keyId, 'base64').toString('hex'),
      },
    };
    return { signature, certificate: formatPem('CERTIFICATE', certificate), rekorBundle: JSON.stringify(rekorBundle) };
  }

  #certify({ identity = 'https://ci.example/release', isLogged = true, ...options }: KeylessOptions): {
    key: KeyPair;
    certificate: Buffer;
    at: Date;
  } {
    const [key, at] = [newKeyPair(), options.at ?? new Date('2025-06-01T12:00:00Z')];
    const issuer = 'issuer' in options ? options.issuer : 'https://issuer.example';
    const log = isLogged ? this.#certificateLog : undefined;
    return { key, at, certificate: leafCertificate({ key, authority: this.#authority, log, identity, issuer, at }) };
  }

  #logEntry(entry: { kind: string; apiVersion: string; spec: object }, at: Date, signer = 'log.example') {
    const body = Buffer.from(JSON.stringify(entry));
    const logId = sha256(spkiOf(this.#log));
    const integratedTime = Math.floor(at.getTime() / 1000) + 5;
    // In the order of canonical JSON.
    const promised = JSON.stringify({ body: base64(body), integratedTime, logID: logId.toString('hex'), logIndex: 0 });
    const rootHash = base64(sha256(Buffer.concat([Buffer.of(0), body])));
    const note = `log.example\n1\n${rootHash}\n`;
    const noteSignature = Buffer.concat([logId.subarray(0, 4), this.#sign(note)]);
    return {
      logIndex: '0',
      logId: { keyId: base64(logId) },
      kindVersion: { kind: entry.kind, version: entry.apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: base64(this.#sign(promised)) },
      // A log of one entry: the entry is the root.
      inclusionProof: {
        logIndex: '0',
        rootHash,
        treeSize: '1',
        hashes: [],
        checkpoint: { envelope: `${note}\n\u2014 ${signer} ${base64(noteSignature)}\n` },
      },
      canonicalizedBody: base64(body),
    };
  }

  #sign(message: string): Buffer {
    return sign('sha256', Buffer.from(message), this.#log.privateKey);
  }
}

function envelopeEntry(payload: Uint8Array, signature: Uint8Array, certificate: Buffer) {
  const payloadHash = { algorithm: 'sha256', value: sha256(payload).toString('hex') };
  const verifier = base64(Buffer.from(formatPem('CERTIFICATE', certificate)));
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { payloadHash, signatures: [{ signature: base64(signature), verifier }] } };
}

function hashedEntry(payload: Uint8Array, signature: Uint8Array, certificate: Buffer) {
  const content = base64(Buffer.from(formatPem('CERTIFICATE', certificate)));
  const hash = { algorithm: 'sha256', value: sha256(payload).toString('hex') };
  const spec = { data: { hash }, signature: { content: base64(signature), publicKey: { content } } };
  return { apiVersion: '0.0.1', kind: 'hashedrekord', spec };
}

function hashedEntryOfTwo(signed: Uint8Array, signature: Uint8Array) {
  const hashedRekordV002 = { data: { algorithm: 'SHA2_256', digest: base64(sha256(signed)) }, signature: { content: base64(signature) } };
  return { apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002 } };
}
