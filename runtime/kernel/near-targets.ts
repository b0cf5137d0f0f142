import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suggestion } from '../base/closest-name.ts';
import { ensureTracefs } from './tracefs.ts';

/** Names whose lengths differ by more are not compared: a kernel has 200,000 functions. */
const lengthDifferenceMax = 3;

/** "Did you mean …?" for a tracepoint that the kernel lacks; undefined when none comes near, or none can be seen. */
export function nearTracepoint(category: string, name: string): string | undefined {
  const events = join(ensureTracefs(), 'events');
  const elsewhere = foldersIn(events).find((other) => foldersIn(join(events, other)).includes(name));
  if (elsewhere !== undefined) return `did you mean ${elsewhere}/${name}?`;
  const siblings = foldersIn(join(events, category));
  return siblings.length > 0 ? prefixed(category, suggestion(name, siblings)) : suggestion(category, foldersIn(events));
}

/** The same for what is attached to by type: a function, or a tracepoint without its category. */
export function nearBtfTarget(name: string): string | undefined {
  return suggestion(name, similar(name, tracepointNames())) ?? nearFunction(name);
}

/** The same for a function of the kernel. */
export function nearFunction(name: string): string | undefined {
  return suggestion(name, similar(name, functionNames()));
}

function prefixed(category: string, hint: string | undefined): string | undefined {
  return hint?.replace('did you mean ', `did you mean ${category}/`);
}

function* similar(name: string, candidates: Iterable<string>): Generator<string> {
  for (const candidate of candidates) {
    if (candidate[0] === name[0] && Math.abs(candidate.length - name.length) <= lengthDifferenceMax) yield candidate;
  }
}

function tracepointNames(): string[] {
  try {
    const events = join(ensureTracefs(), 'events');
    return foldersIn(events).flatMap((category) => foldersIn(join(events, category)));
  } catch {
    return []; // tracefs cannot be seen: no suggestion
  }
}

function* functionNames(): Generator<string> {
  for (const line of textOf('/proc/kallsyms').split('\n')) {
    const [, kind = '', name = ''] = line.split(/\s/, 3);
    if (kind.toLowerCase() === 't') yield name;
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return []; // not there, or not for us
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // a kernel without it
  }
}
