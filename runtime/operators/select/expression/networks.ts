import { isIP } from 'node:net';

interface Network {
  readonly version: number;
  readonly bits: bigint;
  /** Number of low bits that may differ. */
  readonly hostBits: bigint;
}

/** A set of IP networks, as `cidr("10.0.0.0/8", …)` names them. */
export class Networks {
  readonly #networks: readonly Network[];
  /** The last addresses asked for: events come from few of them. */
  readonly #known = new Map<string, boolean>();

  constructor(networks: readonly Network[]) {
    this.#networks = networks;
  }

  /** Whether the address, as text, is in one of the networks; false for text that is no address. An IPv4 address may be mapped into IPv6. */
  contains(text: string): boolean {
    let result = this.#known.get(text);
    if (result === undefined) {
      const address = parseAddress(text);
      result = address !== undefined && this.#networks.some((network) => isWithin(network, address));
      if (this.#known.size >= 1024) this.#known.clear();
      this.#known.set(text, result);
    }
    return result;
  }
}

/** Reads `10.0.0.0/8`; an address alone is a network of one. Undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match && parseAddress(match[1]!);
  if (!address) return undefined;
  const width = address.version === 4 ? 32 : 128;
  const prefix = match[2] === undefined ? width : Number(match[2]);
  if (prefix > width) return undefined;
  const hostBits = BigInt(width - prefix);
  return { version: address.version, bits: address.bits >> hostBits, hostBits };
}

interface Address {
  readonly version: number;
  readonly bits: bigint;
}

function isWithin(network: Network, address: Address): boolean {
  return network.version === address.version && address.bits >> network.hostBits === network.bits;
}

function parseAddress(text: string): Address | undefined {
  const bare = text.split('%', 1)[0]!;
  const version = isIP(bare);
  if (version === 4) return { version, bits: ipv4Bits(bare) };
  if (version !== 6) return undefined;
  const bits = ipv6Bits(bare);
  // ::ffff:0:0/96 holds IPv4 addresses (RFC 4291 §2.5.5.2).
  return bits >> 32n === 0xffffn ? { version: 4, bits: bits & 0xffffffffn } : { version: 6, bits };
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv6Bits(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const low = ipv4Bits(dotted[2]!);
    text = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [left = '', right] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
