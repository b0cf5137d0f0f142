import fc from 'fast-check';
import { expect } from 'vitest';
import type { ErrorCode } from '../../runtime/base/errors.ts';
import { GadgetError } from '../../runtime/base/errors.ts';
import { compileForBpf } from './btf-roundtrip.ts';

/** Milliseconds that no reader may take for one small input, on a machine that is busy with other things too. */
const LIMIT_MS = 2000;

/** C with every kind of type, several programs, relocations of several kinds and lines. */
const source = `
enum number { ONE = 1, MINUS = -1 };
enum wide { WIDE = 0x100000000ULL };
struct node;
typedef unsigned long long u64;
typedef int (*callback)(struct node *, const char *, ...);
struct node {
	struct node *next;
	volatile const u64 stamp;
	enum number number : 4;
	unsigned flag : 1;
	union { int a; double b; struct { char c[3]; }; };
	enum wide wide;
	callback call;
	int *restrict tail[2][3];
} __attribute__((preserve_access_index));
extern const int linked __attribute__((section(".ksyms"))) __attribute__((weak));
const volatile int param = 5;
struct node nodes[2];
static int hidden __attribute__((btf_decl_tag("tagged"), used));
struct { int (*type)[2]; int __attribute__((btf_type_tag("user"))) *key; } map __attribute__((section(".maps"), used));
__attribute__((noinline)) int helper(struct node *n) { return n->next->flag + n->number; }
__attribute__((section("tp/one"), used)) int one(struct node *n) { nodes[1].a++; return helper(n) + n->c[1] + param; }
__attribute__((section("tp/two"), used)) int two(struct node *n)
{
	return __builtin_preserve_type_info(*(struct node *)0, 0) + n->wide + (&linked != 0) + hidden;
}
`;

/** A real object to damage. */
export const bpfObject: Buffer = Buffer.from(compileForBpf(source));

const interesting = [0, 1, 4, 0x7f, 0xff, 0xffff, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

/** Copies of `bytes` with some bytes or words overwritten, cut off, or both; `within` keeps the changes to the first bytes. */
export function damaged(bytes: Uint8Array, within = bytes.length): fc.Arbitrary<Buffer> {
  const place = fc.nat({ max: Math.max(within - 4, 0) });
  const word = fc.record({ at: place.map((at) => at & ~3), value: fc.oneof(fc.constantFrom(...interesting), fc.nat({ max: 4096 })) });
  const byte = fc.record({ at: place, value: fc.nat({ max: 255 }) });
  const end = fc.option(fc.nat({ max: bytes.length }), { freq: 3, nil: bytes.length });
  return fc.record({ words: fc.array(word, { maxLength: 4 }), bytes: fc.array(byte, { maxLength: 4 }), end }).map((damage) => {
    const copy = Buffer.from(bytes);
    for (const { at, value } of damage.words) copy.writeUInt32LE(value, at);
    for (const { at, value } of damage.bytes) copy.writeUInt8(value, at);
    return copy.subarray(0, damage.end);
  });
}

/** The property of every reader of foreign bytes: a value, or an error with that code, soon. */
export function valueOrError<T>(code: ErrorCode, read: (bytes: Uint8Array) => T): (bytes: Uint8Array) => void {
  return (bytes) => {
    const start = performance.now();
    try {
      expect(read(bytes)).toBeDefined();
    } catch (error) {
      if (!(error instanceof GadgetError)) throw error;
      expect(error.code).toBe(code);
    }
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  };
}
