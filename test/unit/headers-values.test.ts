import { expect, it } from 'vitest';
import { runOnHost } from '../support/bpf-compiler.ts';

const slots: readonly (readonly [value: bigint, log2: number, slot: number])[] = [
  [0n, 0, 0],
  [1n, 0, 1],
  [2n, 1, 2],
  [3n, 1, 2],
  [4n, 2, 3],
  [255n, 7, 8],
  [256n, 8, 9],
  [65535n, 15, 16],
  [65536n, 16, 17],
  [0xffffffffn, 31, 32],
  [0x100000000n, 32, 33],
  [0xffffffffffffffffn, 63, 64],
];

/** Lines that a C program prints: the values of `expressions`, as unsigned numbers. */
async function evaluate(headers: readonly string[], expressions: readonly string[]): Promise<bigint[]> {
  const includes = headers.map((name) => `#include <gadget/${name}>\n`).join('');
  const prints = expressions.map((text) => `printf("%llu\\n", (unsigned long long)(${text}));`).join('\n');
  const source = `#include <linux/bpf.h>\n#include <linux/types.h>\n${includes}#include <stdio.h>\nint main(void) {\n${prints}\nreturn 0; }\n`;
  return (await runOnHost(source)).trim().split('\n').map(BigInt);
}

/** FNV-1a over little-endian bytes, by its definition. */
function fnv1a(bits: 32 | 64, numbers: readonly (readonly [width: number, value: bigint])[]): bigint {
  const prime = bits === 32 ? 0x01000193n : 0x100000001b3n;
  let hash = bits === 32 ? 0x811c9dc5n : 0xcbf29ce484222325n;
  for (const [width, value] of numbers) {
    for (let shift = 0n; shift < width; shift += 8n) hash = BigInt.asUintN(bits, (hash ^ ((value >> shift) & 0xffn)) * prime);
  }
  return hash;
}

it('finds the slot of a number in a histogram', async () => {
  const expressions = slots.flatMap(([value]) => [`log2l(${value}ull)`, `get_slot_idx(${value}ull)`]);
  const expected = slots.flatMap(([, log, slot]) => [BigInt(log), BigInt(slot)]);
  expect(await evaluate(['bits.bpf.h'], expressions)).toEqual(expected);
});

it('takes the logarithm of 32 bits', async () => {
  const narrow = slots.filter(([value]) => value < 1n << 32n);
  const expected = narrow.map(([, log]) => BigInt(log));
  expect(
    await evaluate(
      ['bits.bpf.h'],
      narrow.map(([value]) => `log2(${value}u)`),
    ),
  ).toEqual(expected);
});

it('hashes numbers of every width as FNV-1a does', async () => {
  const numbers = [
    [8, 0x61n],
    [16, 0xbeefn],
    [32, 0x89abcdefn],
    [64, 0x0123456789abcdefn],
  ] as const;
  const hash = (bits: 32 | 64) =>
    `({ __u${bits} h = fnv_${bits}a_init(); ${numbers.map(([w, v]) => `fnv_${bits}a_update_u${w}(&h, ${v}ull);`).join(' ')} h; })`;
  expect(await evaluate(['fnv1a.h'], [hash(32), hash(64)])).toEqual([fnv1a(32, numbers), fnv1a(64, numbers)]);
});
