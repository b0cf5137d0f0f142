/** What a token permits, as token servers of registries spell it: https://distribution.github.io/distribution/spec/auth/scope/ */
export type Scope = string;

export type Action = 'pull' | 'push' | 'delete';

/** The scope of these actions in a repository. */
export function repositoryScope(repository: string, actions: readonly Action[]): Scope {
  return `repository:${repository}:${actions.join(',')}`;
}

/** Both together, the actions on one thing united, in one order whatever the order of the parts. */
export function mergeScopes(scopes: readonly Scope[]): readonly Scope[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':');
    const thing = colon < 0 ? scope : scope.slice(0, colon);
    const known = actions.get(thing) ?? new Set();
    for (const action of colon < 0 ? [] : scope.slice(colon + 1).split(',')) if (action !== '') known.add(action);
    actions.set(thing, known);
  }
  return [...actions].map(([thing, known]) => (known.size === 0 ? thing : `${thing}:${[...known].sort().join(',')}`)).sort();
}

/** Whether a token for `held` is enough for `wanted`; both merged. */
export function covers(held: readonly Scope[], wanted: readonly Scope[]): boolean {
  return mergeScopes([...held, ...wanted]).join(' ') === held.join(' ');
}
