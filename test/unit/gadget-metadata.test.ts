import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import { GadgetError } from '../../runtime/base/errors.ts';
import { parseMetadata } from '../../runtime/gadget/metadata-parse.ts';

function parse(text: string) {
  const said: Diagnostic[] = [];
  const { metadata, locate } = parseMetadata(text, 'gadget.yaml', (diagnostic) => said.push(diagnostic));
  return { metadata, locate, said };
}

const places = (said: readonly Diagnostic[]) => said.map(({ position, message }) => `${position?.line}:${position?.column} ${message}`);

const complete = `
name: trace open
description: files
homepageURL: https://example.org
annotations:
  org.example.Some.Key: Kept
DataSources:
  open:
    tags: [one]
    annotations:
      fetch-interval: 5
    fields:
      proc.comm:
        annotations:
          columns.width: 16
          Columns:
            Hidden: true
      proc:
        pid:
          tags: two
      mode_raw:
paramdefaults:
  operator.oci.ebpf.PID: 7
params:
  ebpf:
    targ_pid:
      key: process
      defaultValue: 18446744073709551615
      description: which
      typeHint: ignored
  wasm: {x: {key: ex, possibleValues: [1], description: said}}
  custom: {y: {defaultValue: 3s, values: {a: {patch: {}}}}}
programs:
  one:
    alternatives: [two, three]
    optional: true
  two:
    attach_to: gadget_program_disabled
  sampler1:
    perf: {type: software, config: count_sw_cpu_clock, sampleType: sample_raw}
    sampler: {frequency: 49}
operator:
  process: {emitStats: true, fields: [comm, pid]}
`;

describe('parseMetadata', () => {
  it('reads every key, without case, dots the same as nesting', () => {
    const { metadata, said } = parse(complete);
    expect(said).toEqual([]);
    expect(metadata).toMatchObject({ name: 'trace open', description: 'files', homepageUrl: 'https://example.org', sourceUrl: '' });
    expect([...metadata.annotations]).toEqual([['org.example.Some.Key', 'Kept']]);
    const open = metadata.dataSources.get('open')!;
    expect([...open.annotations]).toEqual([['fetch-interval', '5']]);
    expect(open.tags).toEqual(['one']);
    expect([...open.fields.keys()]).toEqual(['proc.comm', 'proc.pid', 'mode_raw']);
    expect(Object.fromEntries(open.fields.get('proc.comm')!.annotations)).toEqual({ 'columns.width': '16', 'columns.hidden': 'true' });
    expect(open.fields.get('proc.pid')!.tags).toEqual(['two']);
    expect(Object.fromEntries(metadata.paramDefaults)).toEqual({ 'operator.oci.ebpf.pid': '7' });
    expect(metadata.params.get('targ_pid')).toEqual({ key: 'process', defaultValue: '18446744073709551615', description: 'which' });
    expect(metadata.foreignParams).toEqual([
      { kind: 'wasm', name: 'x', description: 'said', defaultValue: '' },
      { kind: 'custom', name: 'y', description: '', defaultValue: '3s' },
    ]);
    expect(Object.fromEntries(metadata.operatorSettings)).toEqual({ 'process.emitstats': 'true', 'process.fields': 'comm,pid' });
    expect(metadata.programs.get('one')).toMatchObject({ alternatives: ['two', 'three'], optional: true });
    expect(metadata.programs.get('two')!.attachTo).toBe('gadget_program_disabled');
    expect(metadata.programs.get('sampler1')).toMatchObject({ samplerFrequency: 49, perf: { type: 'software', sampleType: 'sample_raw' } });
  });

  it('keeps annotations for tools it does not know, without a word', () => {
    const { metadata, said } = parse(
      'datasources: {e: {annotations: {acme.colour: red}, fields: {p: {annotations: {flamegraph.level: 3}}}}}',
    );
    expect(said).toEqual([]);
    expect(metadata.dataSources.get('e')!.annotations.get('acme.colour')).toBe('red');
    expect(metadata.dataSources.get('e')!.fields.get('p')!.annotations.get('flamegraph.level')).toBe('3');
  });

  it.each([
    ['', {}],
    ['# nothing but a comment', {}],
    ['datasources:', {}],
    ['a: &a {name: x}\n<<: *a', { name: 'x' }],
    ['ebpfParams: {v: {key: old}}\nparams: {ebpf: {v: {key: new}}}', {}],
  ])('takes %j', (text, expected) => {
    expect(parse(text).metadata).toMatchObject(expected);
  });

  it('lets params.ebpf win over the older ebpfParams, in any order', () => {
    for (const text of [
      'ebpfParams: {v: {key: old}}\nparams: {ebpf: {v: {key: new}}}',
      'params: {ebpf: {v: {key: new}}}\nebpfParams: {v: {key: old}}',
    ]) {
      expect(parse(text).metadata.params.get('v')!.key).toBe('new');
    }
  });

  it.each([
    ['name: x\ndatasource: {}', '2:1 unknown key "datasource" in gadget.yaml is ignored', 'did you mean datasources?'],
    ['datasources: {e: {feilds: {}}}', '1:19 unknown key "feilds" in data source "e" is ignored', 'did you mean fields?'],
    [
      'datasources:\n  e:\n    fields:\n      p:\n        annotations:\n          columns.with: 3',
      '6:11 unknown annotation "columns.with" is ignored',
      'did you mean columns.width?',
    ],
    ['datasources: {e: {annotations: {cli.output: none}}}', '1:33 unknown annotation "cli.output" is ignored', undefined],
    [
      'datasources: {e: {annotations: {metric.print: true}}}',
      '1:33 unknown annotation "metric.print" is ignored',
      'did you mean metrics.print?',
    ],
    ['datasources: {e: {fields: {p: {description: x}}}}', '1:32 unknown key "description" in field "p" is ignored', undefined],
    [
      'operator: {proces: {emitstats: true}}',
      '1:21 unknown setting operator.proces.emitstats is ignored',
      'did you mean process.emitstats?',
    ],
    ['params: {wasm: {v: {descripton: x}}}', '1:21 unknown key "descripton" in param "v" is ignored', 'did you mean description?'],
    ['params: {ebpf: {v: {default: 3}}}', '1:21 unknown key "default" in param "v" is ignored', undefined],
  ])('warns of unknown keys: %j', (text, warning, hint) => {
    const { said } = parse(text);
    expect(places(said)).toEqual([warning]);
    expect(said[0]).toMatchObject({ severity: 'warning', ...(hint === undefined ? {} : { hint }) });
  });

  it.each(
    [
      ['name: [x', 'METADATA_SYNTAX', /^gadget\.yaml:1:\d+: /],
      ['name: x\n\tdescription: y', 'METADATA_SYNTAX', /^gadget\.yaml:2:1: /],
      ['name: x\nname: y', 'METADATA_SYNTAX', /^gadget\.yaml:2:1: .*unique/],
      ['name: *nowhere', 'METADATA_SYNTAX', /^gadget\.yaml:1:7: .*nowhere/],
      ['a: 1\n---\nb: 2', 'METADATA_SYNTAX', /^gadget\.yaml:2:/],
      ['['.repeat(20_000), 'METADATA_SYNTAX', /gadget\.yaml/],
      ['just text', 'METADATA_INVALID', /^gadget\.yaml:1:1: the file must be a mapping/],
      ['name: [a]', 'METADATA_INVALID', /^gadget\.yaml:1:1: name must be a text, not a list/],
      ['params: {ebpf: [a]}', 'METADATA_INVALID', /^gadget\.yaml:1:10: .*must be a mapping, not a list/],
      ['programs: {p: {optional: maybe}}', 'METADATA_INVALID', /^gadget\.yaml:1:16: optional must be true or false, not the text "maybe"/],
      ['programs: {p: {sampler: {frequency: 0}}}', 'METADATA_INVALID', /^gadget\.yaml:1:26: frequency must be a whole number above 0/],
      ['params: {ebpf: {v: {key: "a b"}}}', 'METADATA_INVALID', /^gadget\.yaml:1:21: the key "a b" cannot be a flag/],
      ['datasources: {e: {annotations: {fetch-interval: [1]}}}', 'METADATA_INVALID', /^gadget\.yaml:1:33: fetch-interval/],
      ['datasources: {e: {annotations: plain}}', 'METADATA_INVALID', /must be a mapping, not the text "plain"/],
      [`${'a.'.repeat(40)}b: 1`, 'METADATA_INVALID', /nests deeper than 32 levels/],
      [`name: ${'x'.repeat(300_000)}`, 'METADATA_INVALID', /at most 262144 are read/],
      ['a: &a [*a]', 'METADATA_INVALID', /nests deeper/],
    ].map(([text, code, message]) => ({ text: text as string, code, message: message as RegExp })),
  )('refuses with $code $message', ({ text, code, message }) => {
    let error: unknown;
    try {
      parse(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(GadgetError);
    expect((error as GadgetError).code).toBe(code);
    expect((error as GadgetError).message).toMatch(message);
  });

  it('ends alias bombs', () => {
    const lines = [
      'a0: &a0 [x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 8 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(8).fill(`*a${at}`).join(', ')}]`),
    ];
    expect(() => parse(lines.join('\n'))).toThrow(/more than 50000 values/);
  });

  it('tells of all faults at once', () => {
    const said: Diagnostic[] = [];
    expect(() => parseMetadata('name: [a]\ndescription: {b: 1}', 'g.yaml', (diagnostic) => said.push(diagnostic))).toThrow(
      /^g\.yaml:2:1: description/,
    );
    expect(places(said)).toEqual(['1:1 name must be a text, not a list']);
  });

  it('locates what it read', () => {
    const { locate } = parse(complete);
    expect(locate('datasources.open.fields.proc.comm')).toEqual({ file: 'gadget.yaml', line: 13, column: 7 });
    expect(locate('PROGRAMS.two')).toMatchObject({ line: 37 });
    expect(locate('datasources.close')).toBeUndefined();
  });
});
