import type { CredentialProvider } from './auth/credentials.ts';
import type { RetryPolicy } from './http/retries.ts';

/** How long the client waits, in milliseconds. */
export interface RegistryTimeouts {
  /** For a connection, TLS included. */
  readonly connectMs: number;
  /** For the head of an answer after the whole request was sent. */
  readonly answerMs: number;
  /** For a registry to put an uploaded blob in place: large ones are copied by some. */
  readonly commitMs: number;
  /** Without real progress while content flows either way. */
  readonly stallMs: number;
}

/** What a registry wants its users to know, from a `Warning` header; safe for a terminal. */
export interface RegistryWarning {
  readonly registry: string;
  readonly text: string;
}

/** Everything that can be set on a registry client; all of it optional. */
export interface RegistryOptions {
  /** Asked only when a registry demands credentials. None by default. */
  readonly credentials?: CredentialProvider;
  /** PEM files of certificate authorities that are trusted beside the system's. */
  readonly caFiles?: readonly string[];
  /** PEM files of the certificate shown to registries (not to hosts they redirect to). */
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string };
  /** Never use TLS. */
  readonly plainHttp?: boolean;
  /** `host[:port]` of registries that may answer plain HTTP or show any certificate. They get credentials only on loopback. */
  readonly insecureRegistries?: readonly string[];
  /** Registry → mirrors, `host[:port][/prefix]`, asked in this order before the registry itself, for reading only. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  readonly userAgent?: string;
  readonly timeouts?: Partial<RegistryTimeouts>;
  readonly retries?: Partial<RetryPolicy>;
  /** The most blobs that go each way at once, per registry host. */
  readonly concurrency?: number;
  /** Where proxies, certificate folders and auth files are named; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onWarning?: (warning: RegistryWarning) => void;
  /** Ends everything that this client does. */
  readonly signal?: AbortSignal;
}

export const defaultTimeouts: RegistryTimeouts = { connectMs: 15_000, answerMs: 60_000, commitMs: 600_000, stallMs: 30_000 };
export const defaultConcurrency = 4;
export const defaultUserAgent = 'gadget';
