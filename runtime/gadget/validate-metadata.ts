import { suggestion } from '../base/closest-name.ts';
import type { Diagnostic } from '../base/diagnostics.ts';
import { GadgetError, type TextPosition } from '../base/errors.ts';
import { type DataSource, findField, walkFields } from '../schema/data-source.ts';
import type { LocatedSpec } from './from-image.ts';
import type { DataSourceMetadata } from './metadata.ts';
import { findNamed } from './names.ts';
import { encodeParam } from './params.ts';
import { disabledTarget } from './programs.ts';
import { readSectionName } from './sections.ts';
import type { GadgetSpec } from './spec.ts';
import { findTemplate } from './templates.ts';

/** Data sources that operators make: gadget.yaml may describe them without the object knowing. */
const operatorSources: readonly string[] = ['processes', 'cgroups', 'bpfstats', 'containers'];
/** Fields that operators add at top level. */
const operatorFields: readonly string[] = ['k8s', 'runtime', 'user', 'group'];
/** Fields that operators add below endpoints, addresses and stacks. */
const operatorParts: readonly string[] = ['addr', 'proto', 'endpoint', 'k8s', 'addresses', 'symbols', 'buildid'];

/** Says what gadget.yaml names and the object lacks: data sources, fields, params, programs; and defaults that do not fit. */
export function validateMetadata({ spec, locate }: LocatedSpec, options: { readonly hasWasm?: boolean } = {}): Diagnostic[] {
  if (spec.object === undefined) return [];
  const findings: Diagnostic[] = [];
  const warn = (path: string, message: string, hint?: string) => findings.push(finding(message, locate(path), hint));
  checkDataSources(spec, options.hasWasm ?? false, warn);
  checkParams(spec, warn);
  checkPrograms(spec, warn);
  return findings;
}

type Warn = (path: string, message: string, hint?: string) => void;

function finding(message: string, position: TextPosition | undefined, hint: string | undefined): Diagnostic {
  return { severity: 'warning', message, ...(position === undefined ? {} : { position }), ...(hint === undefined ? {} : { hint }) };
}

function checkDataSources(spec: GadgetSpec, hasWasm: boolean, warn: Warn): void {
  const sources = spec.sources.map(({ dataSource }) => dataSource);
  for (const [name, said] of spec.metadata.dataSources) {
    const path = `datasources.${name}`;
    const source = sources.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (source !== undefined) checkFields(source, said, path, hasWasm, warn);
    // A WASM module can make any data source and field.
    else if (!hasWasm && !operatorSources.includes(name.toLowerCase())) {
      warn(
        path,
        `the eBPF program has no data source ${name}`,
        suggestion(
          name,
          sources.map((candidate) => candidate.name),
        ),
      );
    }
  }
}

function checkFields(source: DataSource, said: DataSourceMetadata, path: string, hasWasm: boolean, warn: Warn): void {
  const made = fieldsMade(source, said);
  for (const [name, { annotations }] of said.fields) {
    const at = `${path}.fields.${name}`;
    if (!hasWasm && findField(source, name) === undefined && !made.has(name.toLowerCase()) && !isOperatorField(source, name)) {
      warn(
        at,
        `data source ${source.name} has no field ${name}`,
        suggestion(
          name,
          [...walkFields(source.fields)].map(({ fullName }) => fullName),
        ),
      );
    }
    const template = annotations.get('template');
    if (template !== undefined && findTemplate(template) === undefined)
      warn(`${at}.annotations.template`, `there is no template ${template}`);
  }
}

/** Names, in lower case, of fields that formatters make: `x` of `x_raw`, targets of annotations, trailing bytes. */
function fieldsMade(source: DataSource, said: DataSourceMetadata): Set<string> {
  const made = new Set<string>();
  const add = (name: string) => made.add(name.toLowerCase());
  for (const { fullName } of walkFields(source.fields)) if (fullName.endsWith('_raw')) add(fullName.slice(0, -'_raw'.length));
  for (const [name, { annotations }] of said.fields) {
    const parent = name.includes('.') ? name.slice(0, name.lastIndexOf('.') + 1) : '';
    for (const [key, target] of annotations) {
      if (!key.endsWith('.target') && key !== 'ebpf.formatter.enum' && key !== 'ebpf.formatter.kstack') continue;
      add(target);
      add(parent + target);
    }
  }
  for (const [key, value] of said.annotations) {
    if (key === 'ebpf.rest.name') add(value);
    if (key.startsWith('env.fields.')) add(key.slice('env.fields.'.length));
  }
  return made;
}

function isOperatorField(source: DataSource, name: string): boolean {
  const parts = name.split('.');
  if (operatorFields.includes(parts[0]!.toLowerCase())) return true;
  const at = parts.findIndex((part) => operatorParts.includes(part.toLowerCase()));
  return at > 0 && findField(source, parts.slice(0, at).join('.')) !== undefined;
}

function checkParams(spec: GadgetSpec, warn: Warn): void {
  const names = spec.params.map(({ variable }) => variable);
  for (const name of spec.metadata.params.keys()) {
    if (names.some((known) => known.toLowerCase() === name.toLowerCase())) continue;
    const hint = spec.variables.has(name) ? `declare it with GADGET_PARAM(${name})` : suggestion(name, names);
    warn(`params.ebpf.${name}`, `the eBPF program has no param ${name}`, hint);
  }
  for (const param of spec.params) {
    if (param.defaultIsFromMetadata !== true) continue;
    try {
      encodeParam(param, param.defaultValue);
    } catch (error) {
      if (!(error instanceof GadgetError)) throw error;
      warn(`params.ebpf.${param.variable}`, `the default does not fit: ${error.message}`, error.hint);
    }
  }
}

function checkPrograms(spec: GadgetSpec, warn: Warn): void {
  const names = spec.programs.map(({ name }) => name);
  const known = new Set(
    [...names, ...spec.programs.map(({ section }) => readSectionName(section).target)].map((name) => name.toLowerCase()),
  );
  for (const [name, said] of spec.metadata.programs) {
    if (!known.has(name.toLowerCase())) warn(`programs.${name}`, `the eBPF object has no program ${name}`, suggestion(name, names));
    for (const other of said.alternatives) {
      const path = `programs.${name}.alternatives`;
      if (!names.includes(other)) warn(path, `the alternative ${other} is no program of the eBPF object`, suggestion(other, names));
      else if (findNamed(spec.metadata.programs, other)?.attachTo !== disabledTarget) {
        warn(path, `other tools would attach ${name} and ${other}`, `write programs.${other}.attach_to: ${disabledTarget}`);
      }
    }
  }
}
