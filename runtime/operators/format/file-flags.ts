import { type Formatter, hasType, targetName } from './formatter.ts';
import type { FormatHost } from './host.ts';
import { addReadable } from './new-field.ts';
import { plainTextFormula } from './text-cache.ts';

const annotation = 'formatters.file_flags.target';

const accessModes = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];

/** Flags of open(2) from low to high, in octal as the kernel's headers have them; what consists of several bits comes before its parts. */
const commonFlags: readonly (readonly [number, string])[] = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o4010000, 'O_SYNC'],
  [0o10000, 'O_DSYNC'],
  [0o20000, 'O_ASYNC'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
];
const flagsOf: Record<FormatHost['architecture'], readonly (readonly [number, string])[]> = {
  amd64: [
    ...commonFlags,
    [0o40000, 'O_DIRECT'],
    [0o100000, 'O_LARGEFILE'],
    [0o20200000, 'O_TMPFILE'],
    [0o200000, 'O_DIRECTORY'],
    [0o400000, 'O_NOFOLLOW'],
  ],
  arm64: [
    ...commonFlags,
    [0o20040000, 'O_TMPFILE'],
    [0o40000, 'O_DIRECTORY'],
    [0o100000, 'O_NOFOLLOW'],
    [0o200000, 'O_DIRECT'],
    [0o400000, 'O_LARGEFILE'],
  ],
};

/** Flags of open(2) as text: `O_RDONLY|O_CREAT`; bits without a name in hexadecimal. */
export function fileFlagsText(flags: number, architecture: FormatHost['architecture']): string {
  const names = [accessModes[flags & 3]!];
  let rest = (flags & ~3) >>> 0;
  for (const [bits, name] of flagsOf[architecture]) {
    if ((rest & bits) !== bits) continue;
    names.push(name);
    rest = (rest & ~bits) >>> 0;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.join('|');
}

/** `gadget_file_flags` → names. */
export const fileFlagsFormatter: Formatter = {
  name: 'file_flags',
  accepts: (field) => hasType(field, 'gadget_file_flags') || field.annotations.has(annotation),
  apply(site) {
    const name = targetName(site.field, annotation);
    if (name === undefined) return;
    const { architecture } = site.host;
    addReadable(site, { name, inputs: [site.field], ...plainTextFormula((value) => fileFlagsText(Number(value), architecture)) });
  },
};
