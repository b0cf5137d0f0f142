/** Words of "expand 32-byte k", at the diagonal of every state. */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/** Cells that each quarter round mixes: four columns, then four rows. */
const quarters = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

/**
 * The XSalsa20 key stream of `length` bytes for a key of 32 bytes and a nonce of 24: https://cr.yp.to/snuffle/xsalsa-20110204.pdf.
 * OpenSSL has ChaCha20 only.
 */
export function xsalsa20Stream(key: Uint8Array, nonce: Uint8Array, length: number): Buffer {
  const mixed = rounds(stateOf(key, nonce.subarray(0, 16)));
  const subkey = bytesOf([0, 5, 10, 15, 6, 7, 8, 9].map((cell) => mixed[cell]!));
  const input = Buffer.alloc(16);
  input.set(nonce.subarray(16, 24));
  const stream = Buffer.alloc(Math.ceil(length / 64) * 64);
  for (let block = 0; block * 64 < length; block++) {
    input.writeUInt32LE(block, 8);
    const state = stateOf(subkey, input);
    const added = rounds(state).map((word, cell) => word + state[cell]!);
    stream.set(bytesOf([...added]), block * 64);
  }
  return stream.subarray(0, length);
}

function stateOf(key: Uint8Array, input: Uint8Array): Uint32Array {
  const [k, n] = [wordsOf(key), wordsOf(input)];
  const [c0, c1, c2, c3] = constants;
  return Uint32Array.of(c0, ...k.slice(0, 4), c1, ...n, c2, ...k.slice(4), c3);
}

function rounds(state: Uint32Array): Uint32Array {
  const x = state.slice();
  for (let double = 0; double < 10; double++) for (const [a, b, c, d] of quarters) quarterRound(x, a, b, c, d);
  return x;
}

function quarterRound(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  x[b]! ^= rotate(x[a]! + x[d]!, 7);
  x[c]! ^= rotate(x[b]! + x[a]!, 9);
  x[d]! ^= rotate(x[c]! + x[b]!, 13);
  x[a]! ^= rotate(x[d]! + x[c]!, 18);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | ((word | 0) >>> (32 - bits));
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = Buffer.from(bytes);
  return Array.from({ length: view.length / 4 }, (_, at) => view.readUInt32LE(at * 4));
}

function bytesOf(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, at) => {
    bytes.writeUInt32LE(word >>> 0, at * 4);
  });
  return bytes;
}
