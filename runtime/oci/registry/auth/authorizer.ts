import type { Challenge } from './challenge.ts';
import { parseChallenges } from './challenge.ts';
import type { Credential, CredentialProvider } from './credentials.ts';
import type { Scope } from './scope.ts';
import type { AccessToken, SendTokenCall, TokenTarget } from './token-request.ts';
import { basicAuthorization, mayTellSecrets, parseTokenAnswer, tokenCall, wantsForm } from './token-request.ts';
import type { Tokens } from './tokens.ts';

export interface AuthorizerOptions {
  readonly registry: string;
  readonly origin: URL;
  /** Undefined when nothing secret may be sent to this registry. */
  readonly credentials: CredentialProvider | undefined;
  readonly tokens: Tokens;
  readonly sendTokenCall: SendTokenCall;
  /** Makes the error for a token server's refusal or nonsense. */
  readonly refusal: (realm: URL, answer: { readonly status: number; readonly body: Uint8Array }) => Error;
}

/** Whom a request is for. */
export interface Purpose {
  readonly repository?: string;
  readonly scopes: readonly Scope[];
}

/** Gets requests into one registry: remembers how it wants to be asked, and asks that way from then on. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #credentials = new Map<string, Promise<Credential | undefined>>();
  #challenge: Challenge | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The `Authorization` for a request as far as the registry's ways are known; undefined for none. */
  async header(purpose: Purpose): Promise<string | undefined> {
    return this.#challenge === undefined ? undefined : this.#answer(this.#challenge, purpose, []);
  }

  /** The `Authorization` after a 401; undefined when there is nothing that was not tried. */
  async headerAfterRefusal(
    wwwAuthenticate: string | undefined,
    purpose: Purpose,
    refused: string | undefined,
  ): Promise<string | undefined> {
    if (refused?.startsWith('Bearer ')) await this.#options.tokens.forget(refused.slice('Bearer '.length));
    const challenge = chooseChallenge(parseChallenges(wwwAuthenticate));
    if (challenge === undefined) return undefined;
    this.#challenge = challenge;
    const wanted = challenge.parameters['scope']?.split(' ').filter((scope) => scope !== '') ?? [];
    const header = await this.#answer(challenge, purpose, wanted);
    return header === refused ? undefined : header;
  }

  /** Whether there are credentials for this repository. */
  async hasCredentials(repository?: string): Promise<boolean> {
    return (await this.#credentialFor(repository)) !== undefined;
  }

  async #answer(challenge: Challenge, purpose: Purpose, wanted: readonly Scope[]): Promise<string | undefined> {
    const credential = await this.#credentialFor(purpose.repository);
    if (challenge.scheme === 'basic') {
      return credential !== undefined && 'username' in credential
        ? basicAuthorization(credential.username, credential.password)
        : undefined;
    }
    if (credential !== undefined && 'registryToken' in credential) return `Bearer ${credential.registryToken}`;
    const realm = realmOf(challenge, this.#options.origin);
    if (realm === undefined) return undefined;
    const target = { realm, service: challenge.parameters['service'], scopes: [...purpose.scopes, ...wanted] };
    const told = mayTellSecrets(realm) ? credential : undefined;
    return `Bearer ${await this.#options.tokens.get(target, told, (merged) => this.#requestToken(merged, told))}`;
  }

  async #requestToken(target: TokenTarget, credential: Credential | undefined): Promise<AccessToken> {
    const { sendTokenCall, refusal } = this.#options;
    let answer = await sendTokenCall(tokenCall(target, credential));
    if (wantsForm(answer) && credential !== undefined && 'username' in credential)
      answer = await sendTokenCall(tokenCall(target, credential, true));
    const token = answer.status === 200 ? parseTokenAnswer(answer.body) : undefined;
    if (token === undefined) throw refusal(target.realm, answer);
    return token;
  }

  #credentialFor(repository: string | undefined): Promise<Credential | undefined> {
    const { credentials, registry } = this.#options;
    if (credentials === undefined) return Promise.resolve(undefined);
    const key = repository ?? '';
    let found = this.#credentials.get(key);
    if (found === undefined) {
      found = credentials({ registry, ...(repository === undefined ? {} : { repository }) });
      this.#credentials.set(key, found);
    }
    return found;
  }
}

function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
}

/** The token server's address; none when a registry that is asked over HTTPS names one that is not. */
function realmOf(challenge: Challenge, origin: URL): URL | undefined {
  const text = challenge.parameters['realm'] ?? '';
  if (!URL.canParse(text)) return undefined;
  const realm = new URL(text);
  if (realm.username !== '' || realm.password !== '') return undefined;
  return realm.protocol === 'https:' || (realm.protocol === 'http:' && origin.protocol === 'http:') ? realm : undefined;
}
