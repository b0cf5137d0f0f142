import { GadgetError } from '../../base/errors.ts';
import type { Digest } from '../digest.ts';
import { digestHex } from '../digest.ts';
import { expectList, expectObject, parseJsonObject } from '../json-document.ts';

/** DSSE payload type of an in-toto statement. */
export const inTotoType = 'application/vnd.in-toto+json';
/** The predicate that makes a statement a signature. Others, such as provenance, approve of nothing, whoever signed them. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

/** What is wrong with other predicates. */
export const attestationProblem = `it is an attestation, no signature: its predicate is not ${signPredicate}`;

const statementTypes: readonly unknown[] = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];
const maxStatementBytes = 1024 * 1024;
const maxSubjects = 1000;

/** The statement that a bundle signs: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export function signStatement(repository: string, digest: Digest): Buffer {
  const subject = [{ name: repository, digest: { sha256: digestHex(digest) } }];
  return Buffer.from(JSON.stringify({ _type: statementTypes[0], subject, predicateType: signPredicate, predicate: {} }));
}

/** Why the statement is no signature of this image; undefined when it is one. */
export function statementProblem(payloadType: string, payload: Uint8Array, digest: Digest): string | undefined {
  if (payloadType !== inTotoType) return 'it signs something that is no in-toto statement';
  try {
    const statement = parseJsonObject(payload, 'statement', maxStatementBytes);
    if (!statementTypes.includes(statement['_type'])) return 'it signs a statement of an unknown version';
    if (statement['predicateType'] !== signPredicate) return attestationProblem;
    const subjects = expectList(statement['subject'], 'subject', maxSubjects);
    return subjects.some((subject) => isAbout(subject, digest)) ? undefined : 'its statement is about another image';
  } catch (error) {
    if (error instanceof GadgetError) return error.message;
    throw error;
  }
}

function isAbout(subject: unknown, digest: Digest): boolean {
  const { digest: digests } = expectObject(subject, 'subject');
  return expectObject(digests, 'subject digest')['sha256'] === digestHex(digest);
}
