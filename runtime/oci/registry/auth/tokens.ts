import type { Credential } from './credentials.ts';
import type { Scope } from './scope.ts';
import { covers, mergeScopes } from './scope.ts';
import type { AccessToken, TokenTarget } from './token-request.ts';

interface Entry {
  readonly scopes: readonly Scope[];
  readonly token: Promise<AccessToken>;
  expiresAtMs: number;
}

/** The most tokens of one token server and credential; the oldest go first. */
const maxEntries = 200;

/** Tokens of this process, by token server, service, credential and scope. Who asks for the same at the same time shares one request. */
export class Tokens {
  readonly #entries = new Map<string, Entry[]>();

  /** A token that is enough for the scopes: one that is there, or a new one. */
  async get(
    target: TokenTarget,
    credential: Credential | undefined,
    request: (target: TokenTarget) => Promise<AccessToken>,
  ): Promise<string> {
    const scopes = mergeScopes(target.scopes);
    const entries = this.#entriesFor(target, credential);
    const known = entries.find((entry) => entry.expiresAtMs > Date.now() && covers(entry.scopes, scopes));
    if (known !== undefined) return (await known.token).token;
    const entry: Entry = { scopes, token: request({ ...target, scopes }), expiresAtMs: Number.POSITIVE_INFINITY };
    entries.push(entry);
    if (entries.length > maxEntries) entries.shift();
    try {
      const token = await entry.token;
      entry.expiresAtMs = token.expiresAtMs;
      return token.token;
    } catch (error) {
      entries.splice(entries.indexOf(entry), 1);
      throw error;
    }
  }

  /** A registry did not take this token: nobody is given it again. */
  async forget(token: string): Promise<void> {
    for (const entries of this.#entries.values()) {
      for (const entry of [...entries]) {
        if (entry.expiresAtMs === Number.POSITIVE_INFINITY || (await entry.token).token !== token) continue;
        const at = entries.indexOf(entry);
        if (at >= 0) entries.splice(at, 1);
      }
    }
  }

  #entriesFor({ realm, service }: TokenTarget, credential: Credential | undefined): Entry[] {
    const key = JSON.stringify([realm.href, service ?? null, credential ?? null]);
    const entries = this.#entries.get(key) ?? [];
    this.#entries.set(key, entries);
    const now = Date.now();
    const alive = entries.filter((entry) => entry.expiresAtMs > now);
    entries.splice(0, entries.length, ...alive);
    return entries;
  }
}
