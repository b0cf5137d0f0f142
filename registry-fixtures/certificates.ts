import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of an authority and of what it signed. */
export interface Certificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';

/** Writes an authority, a server's certificate for this machine and a client's into the folder. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  openssl(['req', '-x509', ...newKey(file('ca.key')), '-subj', '/CN=fixture authority', '-days', '2', '-out', file('ca.crt')]);
  for (const [name, extension] of [
    ['server', names],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    openssl(['req', ...newKey(file(`${name}.key`)), '-subj', `/CN=fixture ${name}`, '-out', file(`${name}.csr`)]);
    writeFileSync(file(`${name}.ext`), extension);
    const signing = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file(`${name}.ext`)];
    openssl(['x509', '-req', '-in', file(`${name}.csr`), ...signing, '-out', file(`${name}.crt`)]);
  }
  return {
    caFile: file('ca.crt'),
    certFile: file('server.crt'),
    keyFile: file('server.key'),
    clientCertFile: file('client.crt'),
    clientKeyFile: file('client.key'),
  };
}

function newKey(path: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path];
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
