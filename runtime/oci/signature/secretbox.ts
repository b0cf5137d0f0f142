import { timingSafeEqual } from 'node:crypto';
import { poly1305 } from './poly1305.ts';
import { xsalsa20Stream } from './salsa20.ts';

/** The first half of the first block is the authenticator's key. */
const keyBytes = 32;
const tagBytes = 16;

/** Encrypts and authenticates as `crypto_secretbox` of NaCl does, https://nacl.cr.yp.to/secretbox.html: the tag, then the cipher text. */
export function sealSecretbox(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Buffer {
  const stream = xsalsa20Stream(key, nonce, keyBytes + plaintext.length);
  const ciphertext = combine(plaintext, stream.subarray(keyBytes));
  return Buffer.concat([poly1305(stream.subarray(0, keyBytes), ciphertext), ciphertext]);
}

/** The plain text; undefined when the key is not the one it was sealed with, or anything was changed. The tag is compared in constant time. */
export function openSecretbox(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Buffer | undefined {
  if (box.length < tagBytes) return undefined;
  const ciphertext = box.subarray(tagBytes);
  const stream = xsalsa20Stream(key, nonce, keyBytes + ciphertext.length);
  const tag = poly1305(stream.subarray(0, keyBytes), ciphertext);
  if (!timingSafeEqual(tag, box.subarray(0, tagBytes))) return undefined;
  return combine(ciphertext, stream.subarray(keyBytes));
}

function combine(text: Uint8Array, stream: Uint8Array): Buffer {
  return Buffer.from(text.map((byte, at) => byte ^ stream[at]!));
}
