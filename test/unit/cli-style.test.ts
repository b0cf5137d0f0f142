import { expect, it } from 'vitest';
import { styleFor } from '../../runtime/cli/style.ts';

it.each<[string, { isTTY: boolean; color: boolean; env: Record<string, string> }, string]>([
  ['a terminal has colours', { isTTY: true, color: true, env: {} }, '\x1b[31mx\x1b[0m'],
  ['an empty NO_COLOR says nothing', { isTTY: true, color: true, env: { NO_COLOR: '' } }, '\x1b[31mx\x1b[0m'],
  ['a file has none', { isTTY: false, color: true, env: {} }, 'x'],
  ['--no-color', { isTTY: true, color: false, env: {} }, 'x'],
  ['NO_COLOR', { isTTY: true, color: true, env: { NO_COLOR: '1' } }, 'x'],
  ['a terminal that knows none', { isTTY: true, color: true, env: { TERM: 'dumb' } }, 'x'],
])('%s', (_name, { isTTY, ...options }, expected) => {
  expect(styleFor({ write: () => {}, isTTY }, options).red('x')).toBe(expected);
});
