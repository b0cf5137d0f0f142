/** Docker's name for Docker Hub in its files and for its helpers. */
export const dockerHubKey = 'https://index.docker.io/v1/';

const dockerHubNames = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** A key of an auth file without what Docker's older versions wrote around it: `https://host/v1/` is `host`. All names of Docker Hub are one. */
export function normalizeKey(key: string): string {
  const bare = key
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/(?:v[12]\/?)?$/, '');
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  return `${dockerHubNames.has(host) ? 'docker.io' : host}${slash < 0 ? '' : bare.slice(slash)}`;
}

/** What a registry is called when a credential helper is asked. */
export function helperKey(registry: string): string {
  return normalizeKey(registry) === 'docker.io' ? dockerHubKey : registry;
}

/** The keys that can hold credentials for a repository, the most exact first: `host/a/b`, `host/a`, `host`. */
export function candidateKeys(registry: string, repository: string | undefined): readonly string[] {
  const parts = [normalizeKey(registry), ...(repository === undefined || repository === '' ? [] : repository.split('/'))];
  return parts.map((_, count) => parts.slice(0, parts.length - count).join('/'));
}

/** The entry of the most exact key. */
export function mostExact<T>(entries: Readonly<Record<string, T>>, registry: string, repository: string | undefined): T | undefined {
  const byKey = new Map<string, T>();
  for (const [key, entry] of Object.entries(entries)) {
    const normal = normalizeKey(key);
    // As the registry itself writes it counts before an older spelling.
    if (!byKey.has(normal) || key === normal) byKey.set(normal, entry);
  }
  for (const key of candidateKeys(registry, repository)) {
    const entry = byKey.get(key);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
