import { suggestion } from '../base/closest-name.ts';
import { UsageError } from '../base/errors.ts';
import type { Marker } from './markers.ts';
import type { GadgetMetadata } from './metadata.ts';
import { findNamed } from './names.ts';
import { type GadgetObject, specError } from './object.ts';
import { decodeParam, encodeParam } from './param-values.ts';
import type { GadgetParam, VariableSpec } from './spec.ts';
import { initialBytes } from './variables.ts';

export { decodeParam, encodeParam } from './param-values.ts';

/** What a param of the eBPF program is called in full, before its key. */
export const paramPrefix = 'operator.oci.ebpf.';

interface WellKnown {
  readonly type: string;
  readonly key: string;
  readonly description: string;
}

/** Asks for a profiler's stack beside the kernel's. */
const profilerVariable = 'collect_otel_stack';

/** Params of `<gadget/filter.h>` and `<gadget/user_stack_map.h>`, by variable: they have shorter flags when their type is right, too. */
const wellKnown: Readonly<Record<string, WellKnown>> = {
  targ_pid: { type: 'gadget_pid', key: 'pid', description: 'Show only events of this process id; 0 shows all' },
  targ_tid: { type: 'gadget_tid', key: 'tid', description: 'Show only events of this thread id; 0 shows all' },
  targ_uid: { type: 'gadget_uid', key: 'uid', description: 'Show only events of this user id; 4294967295 shows all' },
  targ_gid: { type: 'gadget_gid', key: 'gid', description: 'Show only events of this group id; 4294967295 shows all' },
  targ_comm: { type: 'gadget_comm', key: 'comm', description: 'Show only events of processes with this name' },
  collect_ustack: { type: 'bool', key: 'collect-ustack', description: 'Collect the user stack of each event' },
  collect_build_id: { type: 'bool', key: 'collect-build-id', description: 'Collect build ids with user stacks' },
  [profilerVariable]: {
    type: 'bool',
    key: 'collect-otel-stack',
    description: 'Collect stacks of interpreted languages through an OpenTelemetry profiler; not available here',
  },
  ig_build_id_max_entries: {
    type: 'int',
    key: 'ig_build_id_max_entries',
    description: 'How many different stacks have their build ids kept',
  },
};

/** The largest param in bytes: a path has a thousandth of it. */
const maxParamBytes = 1024 * 1024;

/** The params that GADGET_PARAM declares, with what gadget.yaml says of them. Throws SPEC_INVALID for one without its variable, and for two with one key. */
export function readParams(
  object: GadgetObject,
  markers: readonly Marker[],
  variables: ReadonlyMap<string, VariableSpec>,
  metadata: GadgetMetadata,
): GadgetParam[] {
  const names = markers.filter(({ macro }) => macro === 'GADGET_PARAM').map(({ names: [name = ''] }) => name);
  const params = names.map((name) => readParam(object, tunableVariable(object, variables, name), metadata));
  return withOwnKeys(object.gadget, params, metadata);
}

/** Throws PARAM_INVALID when the values, by key, or defaults of gadget.yaml ask for an OpenTelemetry profiler: there is none to ask. */
export function refuseUnavailable(params: readonly GadgetParam[], values: ReadonlyMap<string, string>): void {
  const param = params.find(({ variable, kind }) => variable === profilerVariable && kind === 'bool');
  if (param === undefined || encodeParam(param, values.get(param.key) ?? param.defaultValue)[0] === 0) return;
  throw new UsageError('PARAM_INVALID', `--${param.key}: stacks of interpreted languages are not available`, {
    context: { param: param.key },
    hint: `they need an OpenTelemetry profiler; with --${param.key}=false there are stacks of native code`,
  });
}

/** A key that gadget.yaml gives is that param's, even where a header would have it; the header's param then goes by its variable. */
function withOwnKeys(gadget: string, params: readonly GadgetParam[], metadata: GadgetMetadata): GadgetParam[] {
  const given = new Set(params.filter(({ variable }) => saidKey(metadata, variable)).map(({ key }) => key.toLowerCase()));
  const owners = new Map<string, string>();
  return params.map((param) => {
    const yields = !saidKey(metadata, param.variable) && given.has(param.key.toLowerCase());
    const key = yields ? param.variable : param.key;
    const owner = owners.get(key.toLowerCase());
    if (owner !== undefined) throw specError(gadget, `params ${owner} and ${param.variable} both have the key ${key}`, sameKeyHint);
    owners.set(key.toLowerCase(), param.variable);
    return { ...param, key };
  });
}

const sameKeyHint = 'give one of them another with params.ebpf.<variable>.key in gadget.yaml';

function saidKey(metadata: GadgetMetadata, variable: string): string | undefined {
  return findNamed(metadata.params, variable)?.key;
}

function tunableVariable(object: GadgetObject, variables: ReadonlyMap<string, VariableSpec>, name: string): VariableSpec {
  const variable = variables.get(name);
  if (variable === undefined) {
    const hint = suggestion(
      name,
      [...variables.values()].filter(({ tunable }) => tunable).map((candidate) => candidate.name),
    );
    throw specError(
      object.gadget,
      `GADGET_PARAM(${name}): the object has no global variable ${name}`,
      hint ?? `declare "const volatile" ${name} before the macro, and use it: the compiler drops variables that nothing reads`,
    );
  }
  if (!variable.tunable) {
    throw specError(
      object.gadget,
      `GADGET_PARAM(${name}): the variable is not constant data that may be set before load`,
      `declare ${name} "const volatile"`,
    );
  }
  if (variable.size > maxParamBytes)
    throw specError(object.gadget, `GADGET_PARAM(${name}): the variable has ${variable.size} bytes; at most ${maxParamBytes} can be set`);
  return variable;
}

function readParam(object: GadgetObject, variable: VariableSpec, metadata: GadgetMetadata): GadgetParam {
  const known = Object.hasOwn(wellKnown, variable.name) ? wellKnown[variable.name] : undefined;
  const matching =
    known !== undefined && variable.typeNames.some((type) => type === known.type || (known.type === 'bool' && type === '_Bool'))
      ? known
      : undefined;
  const said = findNamed(metadata.params, variable.name);
  const key = said?.key || matching?.key || variable.name;
  const fromMetadata = metadata.paramDefaults.get(paramPrefix + key.toLowerCase()) ?? said?.defaultValue;
  return {
    variable: variable.name,
    key,
    kind: variable.kind,
    size: variable.size,
    defaultValue: fromMetadata ?? decodeParam(variable.kind, initialBytes(object, variable)),
    ...(fromMetadata === undefined ? {} : { defaultIsFromMetadata: true }),
    description: said?.description || matching?.description || '',
  };
}
