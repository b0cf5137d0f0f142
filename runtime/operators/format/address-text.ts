/** Longest text: eight groups of an IPv6 address that ends in dotted decimals. */
const addressBytesMax = 46;
/** Brackets, colon and a port. */
const endpointBytesMax = addressBytesMax + 8;

/** The 16 bytes of an address in network order, as four little-endian words, and its IP version. Other versions are empty text. */
export type AddressArguments = [word0: number, word1: number, word2: number, word3: number, version: number];

/** Writes an IPv4 address in dotted decimals or an IPv6 address as RFC 5952 wants it. */
export function writeAddress(out: Uint8Array, at: number, ...[word0, word1, word2, word3, version]: AddressArguments): number {
  if (version === 4) return writeIpv4(out, at, word0);
  if (version === 6) return writeIpv6(out, at, word0, word1, word2, word3);
  return at;
}

/** Writes `address:port`, an IPv6 address in brackets. */
export function writeEndpoint(out: Uint8Array, at: number, port: number, ...address: AddressArguments): number {
  const version = address[4];
  if (version === 4) {
    at = writeIpv4(out, at, address[0]);
  } else if (version === 6) {
    out[at++] = 91; // [
    at = writeIpv6(out, at, address[0], address[1], address[2], address[3]);
    out[at++] = 93; // ]
  } else {
    return at;
  }
  out[at++] = 58; // :
  return writeDecimal(out, at, port);
}

const scratch = Buffer.alloc(endpointBytesMax);

/** The same as text. */
export function addressText(...address: AddressArguments): string {
  return asText(writeAddress(scratch, 0, ...address));
}

/** The same as text. */
export function endpointText(port: number, ...address: AddressArguments): string {
  return asText(writeEndpoint(scratch, 0, port, ...address));
}

function asText(length: number): string {
  return scratch.toString('latin1', 0, length);
}

function writeIpv4(out: Uint8Array, at: number, word: number): number {
  at = writeDecimal(out, at, word & 255);
  for (let shift = 8; shift < 32; shift += 8) {
    out[at++] = 46; // .
    at = writeDecimal(out, at, (word >>> shift) & 255);
  }
  return at;
}

function writeDecimal(out: Uint8Array, at: number, value: number): number {
  if (value >= 10) at = writeDecimal(out, at, (value / 10) | 0);
  out[at] = 48 + (value % 10);
  return at + 1;
}

const groups = new Uint16Array(8);

function writeIpv6(out: Uint8Array, at: number, word0: number, word1: number, word2: number, word3: number): number {
  if (word0 === 0 && word1 === 0 && word2 >>> 0 === 0xffff0000) {
    return writeIpv4(out, writePrefix(out, at), word3);
  }
  splitWord(0, word0);
  splitWord(2, word1);
  splitWord(4, word2);
  splitWord(6, word3);
  const [zeros, zerosEnd] = longestZeros();
  for (let group = 0; group < 8; group++) {
    if (group === zeros) {
      out[at++] = 58;
      out[at++] = 58;
      group = zerosEnd - 1;
      continue;
    }
    if (group > 0 && group !== zerosEnd) out[at++] = 58;
    at = writeHex(out, at, groups[group]!);
  }
  return at;
}

/** `::ffff:`, before an IPv4 address (RFC 5952 §5). */
function writePrefix(out: Uint8Array, at: number): number {
  for (const code of [58, 58, 102, 102, 102, 102, 58]) out[at++] = code;
  return at;
}

function splitWord(group: number, word: number): void {
  groups[group] = ((word & 255) << 8) | ((word >>> 8) & 255);
  groups[group + 1] = (((word >>> 16) & 255) << 8) | (word >>> 24);
}

/** The first longest run of at least two zero groups, `[start, end)`; `[-1, -1]` without one. */
function longestZeros(): [number, number] {
  let best: [number, number] = [-1, -1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start >= 2 && end - start > best[1] - best[0]) best = [start, end];
    if (end > start) start = end;
  }
  return best;
}

function writeHex(out: Uint8Array, at: number, value: number): number {
  if (value >= 16) at = writeHex(out, at, value >>> 4);
  out[at] = '0123456789abcdef'.charCodeAt(value & 15);
  return at + 1;
}
