import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Folder → folders it may import from, besides itself and `base`. ARCHITECTURE.md shows the same table. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  oci: [],
  elf: [],
  btf: [],
  schema: ['btf'],
  gadget: ['oci', 'elf', 'btf', 'schema'],
  kernel: ['native'],
  symbols: ['elf'],
  pipeline: ['schema'],
  operators: ['pipeline', 'schema'],
  outputs: ['pipeline', 'schema'],
  engine: ['oci', 'elf', 'btf', 'schema', 'gadget', 'kernel', 'pipeline', 'operators', 'symbols'],
  cli: ['oci', 'elf', 'btf', 'schema', 'gadget', 'kernel', 'pipeline', 'operators', 'outputs', 'engine', 'builder', 'root'],
  builder: ['oci', 'elf', 'btf', 'schema', 'gadget', 'root'],
};

/** Everything a run needs at its start: packages that cost tens of milliseconds may only be imported when they are needed. */
const eagerPackages = new Set(['commander']);

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** `runtime/oci/x.ts` → `oci`; `builder/x.ts` → `builder`; a file at the top → `root`. */
function folderOf(path: string): string {
  const parts = relative(root, path).split('/');
  if (parts[0] === 'runtime') return parts[1]!;
  return parts.length === 1 ? 'root' : parts[0]!;
}

const files = [...sourceFiles(join(root, 'runtime')), ...sourceFiles(join(root, 'builder'))];
const importPattern = /^(?:import|export) (?:[^'";]*? from )?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/gm;

describe('imports', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('go only down the table', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const from = folderOf(file);
      for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) {
        const to = folderOf(resolve(dirname(file), (match[1] ?? match[2])!));
        if (to !== from && to !== 'base' && !allowed[from]?.includes(to)) wrong.push(`${relative(root, file)} imports from ${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of the entry point bring no package but commander', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const match of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type)(?:[^'";]*? from )?['"]([^'"]+)['"]/gm)) {
        const name = match[1]!;
        if (name.startsWith('.')) visit(resolve(dirname(file), name));
        else if (!name.startsWith('node:')) packages.add(name);
      }
    };
    visit(join(root, 'runtime/cli/main.ts'));
    expect([...packages].filter((name) => !eagerPackages.has(name))).toEqual([]);
  });

  it('of the addon are in runtime/kernel only', () => {
    const others = files.filter((file) => folderOf(file) !== 'kernel' && /gadget_native|process\.dlopen/.test(readFileSync(file, 'utf8')));
    expect(others.map((file) => relative(root, file))).toEqual([]);
  });
});
