import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bits, boolean, der, integer, octets, oid, sequence, set, text, time } from './der.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const newKeyPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const spkiOf = ({ publicKey }: { readonly publicKey: KeyObject }): Buffer => publicKey.export({ type: 'spki', format: 'der' });
export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'));

interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyPair;
  readonly signer: KeyPair;
  readonly from: Date;
  readonly to: Date;
  readonly extensions: readonly Buffer[];
}

const nameOf = (name: string): Buffer => sequence(...(name === '' ? [] : [set(sequence(oid('2.5.4.3'), text(name)))]));

function toBeSigned({ subject, issuer, key, from, to, extensions }: Certificate): Buffer {
  const validity = sequence(time(from), time(to));
  const version = der(0xa0, integer(2));
  return sequence(
    version,
    integer(1),
    ecdsaSha256,
    nameOf(issuer),
    validity,
    nameOf(subject),
    spkiOf(key),
    der(0xa3, sequence(...extensions)),
  );
}

function issue(certificate: Certificate): Buffer {
  const tbs = toBeSigned(certificate);
  return sequence(tbs, ecdsaSha256, bits(sign('sha256', tbs, certificate.signer.privateKey)));
}

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
const keyIdOf = (key: KeyPair): Buffer => sha256(spkiOf(key)).subarray(0, 20);

const authorityName = 'a fake certificate authority';

export function authorityCertificate(key: KeyPair, from: Date, to: Date): Buffer {
  const extensions = [
    extension('2.5.29.19', sequence(boolean(true)), true),
    extension('2.5.29.15', der(0x03, Buffer.of(1, 0x06)), true),
    extension('2.5.29.14', octets(keyIdOf(key))),
  ];
  return issue({ subject: authorityName, issuer: authorityName, key, signer: key, from, to, extensions });
}

export interface LeafOptions {
  readonly key: KeyPair;
  readonly authority: KeyPair;
  /** Log of certificates that vouches for it; none leaves its timestamp out. */
  readonly log: KeyPair | undefined;
  readonly identity: string;
  readonly issuer: string | undefined;
  readonly at: Date;
}

/** A certificate as Fulcio issues it: ten minutes, a URI for a subject, the issuer in an extension, a signed certificate timestamp. */
export function leafCertificate({ key, authority, log, identity, issuer, at }: LeafOptions): Buffer {
  const extensions = [
    extension('2.5.29.15', der(0x03, Buffer.of(7, 0x80)), true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.3'))),
    extension('2.5.29.35', sequence(der(0x80, keyIdOf(authority)))),
    extension('2.5.29.17', sequence(der(0x86, Buffer.from(identity))), true),
    ...(issuer === undefined ? [] : [extension('1.3.6.1.4.1.57264.1.8', text(issuer))]),
  ];
  const certificate = {
    subject: '',
    issuer: authorityName,
    key,
    signer: authority,
    from: at,
    to: new Date(at.getTime() + 600_000),
    extensions,
  };
  if (log === undefined) return issue(certificate);
  const timestamps = certificateTimestamps(toBeSigned(certificate), authority, log, at);
  return issue({ ...certificate, extensions: [...extensions, extension('1.3.6.1.4.1.11129.2.4.2', octets(timestamps))] });
}

/** A list of one signed certificate timestamp: RFC 6962, section 3.2. */
function certificateTimestamps(preCertificate: Buffer, authority: KeyPair, log: KeyPair, at: Date): Buffer {
  const when = Buffer.alloc(8);
  when.writeBigUInt64BE(BigInt(at.getTime()));
  const length = Buffer.alloc(3);
  length.writeUIntBE(preCertificate.length, 0, 3);
  const noExtensions = Buffer.alloc(2);
  const signed = Buffer.concat([Buffer.of(0, 0), when, Buffer.of(0, 1), sha256(spkiOf(authority)), length, preCertificate, noExtensions]);
  const signature = sign('sha256', signed, log.privateKey);
  const timestamp = Buffer.concat([Buffer.of(0), sha256(spkiOf(log)), when, noExtensions, Buffer.of(4, 3), withLength(signature)]);
  return withLength(withLength(timestamp));
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
