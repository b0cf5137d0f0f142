import { isIPv4, isIPv6 } from 'node:net';
import { UsageError } from '../base/errors.ts';
import type { GadgetParam, ParamKind } from './spec.ts';
import { ipAddressBytes } from './variables.ts';

type Shape = Pick<GadgetParam, 'key' | 'kind' | 'size'>;

/** The bytes of a param's value given as text. Throws PARAM_INVALID with what would be right. */
export function encodeParam(param: Shape, text: string): Uint8Array {
  const bytes = new Uint8Array(param.size);
  encoders[familyOf(param.kind)](bytes, param, text);
  return bytes;
}

/** The value in those bytes as text that `encodeParam` takes; empty when the kind is unknown. */
export function decodeParam(kind: ParamKind, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (familyOf(kind)) {
    case 'bool':
      return bytes[0] === 0 ? 'false' : 'true';
    case 'integer':
      return String(readInteger(bytes, kind.startsWith('int')));
    case 'float':
      return String(kind === 'float32' ? view.getFloat32(0, true) : view.getFloat64(0, true));
    case 'string': {
      const end = bytes.indexOf(0);
      return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
    }
    case 'ip':
      return decodeAddress(bytes);
    case 'unknown':
      return '';
  }
}

type Family = 'bool' | 'integer' | 'float' | 'string' | 'ip' | 'unknown';

function familyOf(kind: ParamKind): Family {
  if (kind === 'bool' || kind === 'string' || kind === 'ip' || kind === 'unknown') return kind;
  return kind === 'float32' || kind === 'float64' ? 'float' : 'integer';
}

const encoders: Readonly<Record<Family, (into: Uint8Array, param: Shape, text: string) => void>> = {
  bool: encodeBool,
  integer: encodeInteger,
  float: encodeFloat,
  string: encodeString,
  ip: encodeAddress,
  unknown: (_into, param, text) => refuse(param, text, 'its type in the eBPF program is none that can be set'),
};

const truths: Readonly<Record<string, number>> = { true: 1, t: 1, yes: 1, on: 1, '1': 1, false: 0, f: 0, no: 0, off: 0, '0': 0 };

function encodeBool(into: Uint8Array, param: Shape, text: string): void {
  const key = text.toLowerCase();
  if (!Object.hasOwn(truths, key)) refuse(param, text, 'write true or false');
  into[0] = truths[key]!;
}

function encodeInteger(into: Uint8Array, param: Shape, text: string): void {
  const bits = BigInt(into.length * 8);
  const signed = param.kind.startsWith('int');
  const [least, most] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const range = `write a whole number from ${least} to ${most}`;
  const match = /^([+-]?)(0x[0-9a-f]{1,16}|0o[0-7]{1,22}|0b[01]{1,64}|[0-9]{1,20})$/i.exec(text.trim());
  if (match === null) refuse(param, text, range);
  const value = match![1] === '-' ? -BigInt(match![2]!) : BigInt(match![2]!);
  if (value < least || value > most) refuse(param, text, range);
  let rest = BigInt.asUintN(Number(bits), value);
  for (let at = 0; at < into.length; at++, rest >>= 8n) into[at] = Number(rest & 0xffn);
}

function readInteger(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]!);
  return signed ? BigInt.asIntN(bytes.length * 8, value) : value;
}

function encodeFloat(into: Uint8Array, param: Shape, text: string): void {
  const value = Number(text);
  const stored = param.kind === 'float32' ? Math.fround(value) : value;
  if (text.trim() === '' || !Number.isFinite(stored)) refuse(param, text, 'write a number such as 0.5');
  const view = new DataView(into.buffer);
  if (param.kind === 'float32') view.setFloat32(0, stored, true);
  else view.setFloat64(0, stored, true);
}

/** All of the bytes may be used: programs compare up to the size, no NUL is promised. */
function encodeString(into: Uint8Array, param: Shape, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > into.length) refuse(param, text, `at most ${into.length} bytes fit`);
  if (bytes.includes(0)) refuse(param, text, 'a NUL character cannot be part of it');
  into.set(bytes);
}

function encodeAddress(into: Uint8Array, param: Shape, text: string): void {
  if (isIPv4(text)) {
    into.set(text.split('.').map(Number));
    into[ipAddressBytes] = 4;
  } else if (isIPv6(text) && !text.includes('%')) {
    into.set(parseIpv6(text));
    into[ipAddressBytes] = 6;
  } else if (text !== '') refuse(param, text, 'write an IPv4 or IPv6 address');
}

/** The 16 bytes of a text that `isIPv6` took. */
function parseIpv6(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain =
    dotted === null
      ? text
      : dotted[1]! + [0, 2].map((at) => ((Number(dotted[at + 2]) << 8) | Number(dotted[at + 3])).toString(16)).join(':');
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function decodeAddress(bytes: Uint8Array): string {
  const version = bytes[ipAddressBytes];
  if (version === 4) return bytes.subarray(0, 4).join('.');
  if (version !== 6) return '';
  return Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16)).join(':');
}

function refuse(param: Shape, text: string, hint: string): never {
  throw new UsageError('PARAM_INVALID', `${JSON.stringify(text)} is no value for --${param.key} (${param.kind})`, {
    context: { param: param.key, kind: param.kind },
    hint,
  });
}
