/** The entry of that name; one that differs in case only when there is no exact one, as names of gadget.yaml are read. */
export function findNamed<T>(entries: ReadonlyMap<string, T>, name: string): T | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  const folded = name.toLowerCase();
  for (const [key, entry] of entries) if (key.toLowerCase() === folded) return entry;
  return undefined;
}
