/** Whether the host name or address (without port, IPv6 with or without brackets) is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  return /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** `host[:port]` in two; the port is undefined when none is written. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text);
  return { host: match?.[1] ?? text, port: match?.[2] };
}
