import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Certificates } from './certificates.ts';
import { makeFolder, removeFolder } from './folder.ts';
import { freePort } from './listen.ts';

/** Who the registry lets in when it wants a password. */
export const fixtureUser = { username: 'user', password: 'correct horse' } as const;
const htpasswd = 'user:$2b$04$.fXPocEW6NqEn6DY0SfFDeaUKnaaUiLNB1dozJQalLCH0bvZ27gpS\n';

export interface DockerRegistryOptions {
  readonly tls?: Certificates;
  /** Wants `fixtureUser`. */
  readonly basic?: boolean;
  /** Wants tokens of this server. */
  readonly token?: { readonly realm: string; readonly service: string; readonly issuer: string; readonly certificatesFile: string };
  /** Wants the client's certificate. */
  readonly clientCertificates?: boolean;
  /** A registry that this one is a pull-through mirror of. */
  readonly mirrorOf?: string;
}

/** Debian's docker-registry on this machine, with a folder of its own. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** Starts a registry and waits until it takes connections. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = makeFolder();
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'htpasswd'), htpasswd);
  writeFileSync(join(folder, 'config.yml'), stringify(configuration(options, folder, port)));
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  });
  const close = async (): Promise<void> => {
    await stop(child);
    removeFolder(folder);
  };
  try {
    await untilListening(child, port);
  } catch (error) {
    await close();
    throw error;
  }
  return { host: `127.0.0.1:${port}`, folder, close };
}

function configuration(options: DockerRegistryOptions, folder: string, port: number) {
  const { tls, basic, token, clientCertificates, mirrorOf } = options;
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls === undefined
        ? {}
        : { tls: { certificate: tls.certFile, key: tls.keyFile, ...(clientCertificates === true ? { clientcas: [tls.caFile] } : {}) } }),
    },
    ...(basic === true ? { auth: { htpasswd: { realm: 'fixture', path: join(folder, 'htpasswd') } } } : {}),
    ...(token === undefined
      ? {}
      : { auth: { token: { realm: token.realm, service: token.service, issuer: token.issuer, rootcertbundle: token.certificatesFile } } }),
    ...(mirrorOf === undefined ? {} : { proxy: { remoteurl: mirrorOf } }),
  };
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4000);
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = performance.now() + 15_000;
  while (!(await accepts(port))) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`docker-registry did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
