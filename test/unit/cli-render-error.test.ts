import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { renderError } from '../../runtime/cli/render-error.ts';
import { KernelError } from '../../runtime/kernel/errors.ts';

const gadgetError = (message: string, options: ConstructorParameters<typeof GadgetError>[2] = {}) =>
  new GadgetError('USAGE', message, options);

function systemError(): unknown {
  try {
    return readFileSync('/nowhere/at all');
  } catch (error) {
    return error;
  }
}

describe('an error', () => {
  test.each<[what: string, error: unknown, text: string]>([
    ['alone', gadgetError('what'), 'error: what\n'],
    [
      'with its hint last',
      gadgetError('what', { hint: 'do this', cause: gadgetError('why') }),
      'error: what\n  caused by: why\nhint: do this\n',
    ],
    [
      'with the hint of its cause',
      gadgetError('what', { cause: gadgetError('why', { hint: 'do that' }) }),
      'error: what\n  caused by: why\nhint: do that\n',
    ],
    [
      'with a cause that it repeats',
      gadgetError('x is damaged: too short', { cause: gadgetError('too short') }),
      'error: x is damaged: too short\n',
    ],
    [
      'with an answer of the system',
      gadgetError('cannot read x', { cause: systemError() }),
      'error: cannot read x: no such file or directory\n',
    ],
    [
      'with an answer of the system that it has as a code',
      gadgetError('cannot read x: ENOENT', { cause: systemError() }),
      'error: cannot read x: no such file or directory\n',
    ],
    ['of the system alone', systemError(), "error: ENOENT: no such file or directory, open '/nowhere/at all'\n"],
    [
      'of several',
      new AggregateError([gadgetError('one'), gadgetError('two')], 'both'),
      'error: both\n  caused by: one\n  caused by: two\n',
    ],
    ['that steers a terminal', gadgetError('a\x1b[2Jb', { hint: 'c\u202ed' }), 'error: a\\x1b[2Jb\nhint: c\\u{202e}d\n'],
    ['that is none', 'just text', 'error: just text\n'],
  ])('%s', (_, error, text) => expect(renderError(error, { verbose: false })).toBe(text));

  test('of the verifier: the last lines that say something, all of them when asked', () => {
    const verifierLog = [...Array.from({ length: 9 }, (_, index) => `line ${index}`), '', 'processed 7 insns (limit 1000000)'];
    const error = new KernelError('LOAD_REJECTED', 'refused', { errno: 13, operation: 'load', verifierLog, hint: 'mend it' });
    expect(renderError(error, { verbose: false })).toBe(
      'error: refused\nverifier (last 6 lines, -v for all):\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7\n  line 8\nhint: mend it\n',
    );
    expect(renderError(error, { verbose: true }).split('\n')).toHaveLength(verifierLog.length + 4);
  });

  test('of ours has its stack, safe, when asked', () => {
    const text = renderError(new TypeError('mistake\x1b'), { verbose: true });
    expect(text).toMatch(/^error: mistake\\x1b\nTypeError: mistake\\x1b\n {4}at /);
  });
});
