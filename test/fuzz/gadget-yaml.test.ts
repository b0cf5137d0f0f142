import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../../runtime/gadget/metadata-parse.ts';

import { textOrError, yamlText } from '../support/yaml-texts.ts';

const words = [
  'name',
  'datasources',
  'fields',
  'annotations',
  'tags',
  'params',
  'ebpf',
  'key',
  'programs',
  'perf',
  'sampler',
  'frequency',
  'alternatives',
  'optional',
  'columns.width',
  'paramDefaults',
];

describe('parseMetadata', () => {
  it('gives metadata or a typed error that names a place, soon', () => {
    const read = textOrError(['METADATA_SYNTAX', 'METADATA_INVALID'], (text) => parseMetadata(text, 'gadget.yaml', () => {}).metadata);
    fc.assert(fc.property(yamlText(words), read), { numRuns: 500 });
  });

  it('warns and locates with positions inside of the text', () => {
    fc.assert(
      fc.property(yamlText(words), (text) => {
        const lines = text.split(/\r\n|\r|\n/).length;
        try {
          parseMetadata(text, 'gadget.yaml', ({ position }) => {
            expect(position!.line).toBeGreaterThan(0);
            expect(position!.line).toBeLessThanOrEqual(lines + 1);
          });
        } catch (error) {
          expect((error as Error).message).toMatch(/^gadget\.yaml:/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
