import type { Value } from '../../../schema/data-source.ts';
import type { Compiler, Typed } from './compile.ts';
import { Networks, parseNetwork } from './networks.ts';
import { inNetworks } from './operations.ts';
import type { Syntax } from './syntax.ts';
import { bool, int, networks } from './types.ts';

type Call = Syntax & { kind: 'call' };

const functions: ReadonlyMap<string, (compiler: Compiler, call: Call) => Typed> = new Map([
  ['len', length],
  ['any', quantifier((values, test) => values.some(test))],
  ['all', quantifier((values, test) => values.every(test))],
  ['none', quantifier((values, test) => !values.some(test))],
  ['cidr', cidr],
  ['CidrMatches', cidrMatches],
]);

/** Names of the functions that expressions may call. */
export const functionNames: readonly string[] = [...functions.keys()];

/** Compiles a call; FILTER_SYNTAX for a function that does not exist or arguments that do not fit. */
export function callFunction(compiler: Compiler, call: Call): Typed {
  const compile = functions.get(call.name);
  if (compile === undefined) compiler.fail(call, `there is no function ${call.name}`, `functions are ${functionNames.join(', ')}`);
  return compile(compiler, call);
}

function argument(compiler: Compiler, call: Call, index: number, count: number): Syntax {
  if (call.args.length !== count)
    compiler.fail(call, `${call.name} takes ${count} argument${count === 1 ? '' : 's'}, not ${call.args.length}`);
  return call.args[index]!;
}

/** Characters of a string, elements of a list. */
function length(compiler: Compiler, call: Call): Typed {
  const { type, evaluate } = compiler.expect(
    argument(compiler, call, 0, 1),
    ({ name }) => name === 'string' || name === 'list',
    'string or list',
  );
  if (type.name === 'list') return { type: int, evaluate: (batch, index) => (evaluate(batch, index) as readonly Value[]).length };
  return { type: int, evaluate: (batch, index) => [...(evaluate(batch, index) as string)].length };
}

type Quantify = (values: readonly Value[], test: (value: Value) => boolean) => boolean;

/** `any(list, # > 1)` and its kin; `#` is the element. */
function quantifier(quantify: Quantify): (compiler: Compiler, call: Call) => Typed {
  return (compiler, call) => {
    const list = compiler.expect(argument(compiler, call, 0, 2), (type) => type.name === 'list', 'list');
    const condition = call.args[1]!;
    if (list.type.name !== 'list') return compiler.fail(call, 'needs a list');
    const test = compiler.withElement(list.type.element, condition);
    if (test.type.name !== 'bool') compiler.fail(condition, 'a condition is needed here');
    const evaluate: Typed['evaluate'] = (batch, index) =>
      quantify(list.evaluate(batch, index) as readonly Value[], (value) => {
        test.bind(value);
        return test.evaluate(batch, index) === true;
      });
    return { type: bool, evaluate };
  };
}

/** `cidr("10.0.0.0/8", …)`: made once, so its arguments must be written out. */
function cidr(compiler: Compiler, call: Call): Typed {
  if (call.args.length === 0) compiler.fail(call, 'cidr needs at least one network');
  const parsed = call.args.map((arg) => {
    const network = arg.kind === 'constant' && typeof arg.value === 'string' ? parseNetwork(arg.value) : undefined;
    return network ?? compiler.fail(arg, 'a network is needed here, such as "10.0.0.0/8"');
  });
  const set = new Networks(parsed);
  return { type: networks, evaluate: () => set };
}

/** `CidrMatches(address, cidr(…))`, the same as `address in cidr(…)`. */
function cidrMatches(compiler: Compiler, call: Call): Typed {
  const address = compiler.expect(argument(compiler, call, 0, 2), (type) => type.name === 'string', 'string');
  const set = compiler.expect(argument(compiler, call, 1, 2), (type) => type.name === 'networks', 'cidr(…)');
  return inNetworks(address.evaluate, set.evaluate);
}
