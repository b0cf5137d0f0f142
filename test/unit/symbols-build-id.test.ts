import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBuildId } from '../../runtime/symbols/build-id.ts';
import { ModuleNames } from '../../runtime/symbols/module-names.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-build-id-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Note {
  readonly name: string;
  readonly type: number;
  readonly description: string;
}

function noteBytes({ name, type, description }: Note): Buffer {
  const text = Buffer.from(`${name}\0`);
  const header = Buffer.alloc(12);
  header.writeUInt32LE(text.length, 0);
  header.writeUInt32LE(description.length / 2, 4);
  header.writeUInt32LE(type, 8);
  return Buffer.concat([header, padded(text), padded(Buffer.from(description, 'hex'))]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** A 64-bit little-endian file with one segment, of notes. */
function elfWith(notes: readonly Note[]): Buffer {
  const body = Buffer.concat(notes.map(noteBytes));
  const header = Buffer.alloc(64);
  header.write('7f454c46020101', 'hex');
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(4, 0);
  segment.writeBigUInt64LE(120n, 8);
  segment.writeBigUInt64LE(BigInt(body.length), 32);
  return Buffer.concat([header, segment, body]);
}

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  return path;
}

const id = '93ac61ec5a8eb1396f9fbd350e3169a558528a40';
const buildIdNote = { name: 'GNU', type: 3, description: id };
const whole = elfWith([buildIdNote]);

describe('the build id of a file', () => {
  it.each([
    { what: 'one note', bytes: whole, expected: id },
    {
      what: 'behind others',
      bytes: elfWith([{ name: 'GNU', type: 1, description: '00' }, { ...buildIdNote, name: 'Go' }, buildIdNote]),
      expected: id,
    },
    { what: 'of 16 bytes', bytes: elfWith([{ ...buildIdNote, description: id.slice(0, 32) }]), expected: `${id.slice(0, 32)}00000000` },
    { what: 'none', bytes: elfWith([]), expected: undefined },
    { what: 'of no bytes', bytes: elfWith([{ ...buildIdNote, description: '' }]), expected: undefined },
    { what: 'too long', bytes: elfWith([{ ...buildIdNote, description: `${id}00` }]), expected: undefined },
    { what: 'no ELF file', bytes: Buffer.from('#!/bin/sh\n'), expected: undefined },
    { what: 'an empty file', bytes: Buffer.alloc(0), expected: undefined },
  ])('$what', ({ bytes, expected }) => expect(readBuildId(fileOf(bytes))).toBe(expected));

  it('of a file that ends early is unknown', () => {
    for (let length = 0; length < whole.length; length++) expect(readBuildId(fileOf(whole.subarray(0, length)))).toBeUndefined();
  });

  it('of a file whose segment claims gigabytes is unknown', () => {
    const bytes = Buffer.from(whole);
    bytes.writeBigUInt64LE(1n << 40n, 96);
    expect(readBuildId(fileOf(bytes))).toBeUndefined();
  });
});

describe('names of modules', () => {
  const proc = join(folder, 'proc');

  function addProcess(pid: number, path: string, bytes: Uint8Array): void {
    mkdirSync(join(proc, `${pid}/map_files`), { recursive: true });
    writeFileSync(join(proc, `${pid}/maps`), `00401000-00402000 r-xp 00001000 fe:00 ${pid}   ${path}\n`);
    writeFileSync(join(proc, `${pid}/map_files/401000-402000`), bytes);
  }

  it('are remembered when the process is gone; a program that replaces another soon after its start is seen', () => {
    const other = 'aa'.repeat(20);
    addProcess(7, '/usr/bin/shell', whole);
    mkdirSync(join(proc, '8'));
    const names = new ModuleNames(proc);
    names.look();
    addProcess(7, '/usr/bin/tool', elfWith([{ ...buildIdNote, description: other }]));
    names.look();
    rmSync(proc, { recursive: true });
    names.look();
    expect([names.nameOf(id), names.nameOf(other), names.nameOf('bb'.repeat(20))]).toEqual(['shell', 'tool', undefined]);
  });
});
