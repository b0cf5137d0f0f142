import { BlockList, isIP } from 'node:net';
import { isLoopback, splitHostPort } from './loopback.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for an address, from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (or the same in lower case, which wins) as Go's
 * programs read them, or undefined for a direct connection. This machine itself is never reached through a proxy.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  if (isLoopback(url.hostname) || isExempt(url, variable(environment, 'NO_PROXY'))) return undefined;
  const text = variable(environment, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (text === '') return undefined;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

function variable(environment: Environment, name: string): string {
  return (environment[name.toLowerCase()] ?? environment[name] ?? '').trim();
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(entry, host);
  const isAddress = isIP(entry) !== 0;
  const { host: name, port: onlyPort } = isAddress ? { host: entry, port: undefined } : splitHostPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '.');
  return bare.startsWith('.') ? host.endsWith(bare) : host === bare || (isIP(bare) === 0 && host.endsWith(`.${bare}`));
}

function isInNetwork(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || isIP(host) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
