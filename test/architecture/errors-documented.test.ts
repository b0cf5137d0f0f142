import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { errorCodes } from '../../runtime/base/errors.ts';

it('docs/errors.md explains each error code with its exit status, and no other', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const documented = Object.fromEntries(
    [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, status]) => [code, Number(status)]),
  );
  expect(documented).toEqual(errorCodes);
});
