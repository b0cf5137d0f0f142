/** What a registry demands before it lets somebody in. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** Exchanged for access tokens at the token server (OAuth 2 refresh token). */
  | { readonly identityToken: string }
  /** Sent as it is. */
  | { readonly registryToken: string };

/** What credentials are wanted for. */
export interface CredentialTarget {
  /** `host[:port]` as in image references. */
  readonly registry: string;
  /** Auth files can hold credentials for parts of a registry. */
  readonly repository?: string;
}

/** Finds credentials; undefined when there are none, and the registry is asked anonymously. */
export type CredentialProvider = (target: CredentialTarget) => Promise<Credential | undefined>;
