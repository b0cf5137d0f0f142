import { describe, expect, it } from 'vitest';
import { completeMetadata } from '../../builder/update-metadata.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const object = await compileBpf(`#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
struct event { gadget_timestamp timestamp_raw; __u32 size; char path[16]; };
GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(open, events, event);
const volatile bool failed = true;
GADGET_PARAM(failed);
`);

function complete(text: string): string {
  return completeMetadata(
    text,
    specFromParts({ name: 'trace_open', architecture: 'amd64', object, metadataText: text }, () => {}),
  );
}

const skeleton = `name: trace open
description: ""
datasources:
  open:
    fields:
      size:
        annotations:
          description: ""
      path:
        annotations:
          description: ""
params:
  ebpf:
    failed:
      key: failed
      defaultValue: "true"
      description: ""
`;

describe('completeMetadata', () => {
  it('writes a skeleton of what the program declares; params of the headers describe themselves', () => {
    expect(complete('')).toBe(skeleton);
  });

  it('leaves a complete file byte for byte', () => {
    expect(complete(skeleton)).toBe(skeleton);
    const odd = skeleton.replace('name: trace open', "name:   'trace open'   # odd spacing stays");
    expect(complete(odd)).toBe(odd);
  });

  it('adds what is missing and keeps comments, order and spelling', () => {
    const text = `# what this is
description: files # short
DataSources:
  open:
    fields:
      # the name
      path:
        annotations:
          description: the path
          columns.width: 32
`;
    const completed = complete(text);
    expect(completed.startsWith(text)).toBe(true);
    expect(completed.slice(text.length)).toBe(`      size:
        annotations:
          description: ""
name: trace open
params:
  ebpf:
    failed:
      key: failed
      defaultValue: "true"
      description: ""
`);
  });

  it('sees what is written in dotted keys', () => {
    const text =
      'name: x\ndescription: y\ndatasources.open.fields.size.annotations.description: s\ndatasources.open.fields.path.annotations.description: p\nparams.ebpf.failed: {key: f}\n';
    expect(complete(text)).toBe(text);
  });

  it('fills in empty values', () => {
    expect(complete('datasources:\nparams:\n')).toContain('datasources:\n  open:\n');
  });
});
