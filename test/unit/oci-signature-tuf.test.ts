import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../runtime/oci/signature/tuf/canonical-json.ts';
import { parseMetadata, requireSigned } from '../../runtime/oci/signature/tuf/metadata.ts';
import { fetchTarget, type UpdateResult, type UpdateState } from '../../runtime/oci/signature/tuf/update.ts';
import { FakeTufRepository, newTufKey } from '../support/fake-tuf-repository.ts';

const now = new Date('2026-01-01T00:00:00Z');
const name = 'trusted_root.json';
const target = Buffer.from('{"a":1}');

describe('an update', () => {
  let repository: FakeTufRepository;
  let state: UpdateState;
  const update = (from: UpdateState = state): Promise<UpdateResult> => fetchTarget(name, from, repository.file, now);
  const refused = (problem: RegExp | string, from?: UpdateState) => expect(update(from)).rejects.toThrow(problem);

  beforeEach(() => {
    repository = new FakeTufRepository();
    state = { root: repository.publishRoot(), versions: {} };
    repository.publish(name, target);
  });

  it('brings the target and remembers what was seen', async () => {
    const result = await update();
    expect(Buffer.from(result.target)).toEqual(target);
    expect(result.state).toEqual({ root: state.root, versions: { timestamp: 1, snapshot: 1, targets: 1 } });
  });

  it('goes through new roots, with new keys', async () => {
    const old = repository.rootKeys;
    repository.rootKeys = [newTufKey(), newTufKey(), newTufKey('ed25519')];
    repository.publishRoot(old);
    const last = repository.publishRoot();
    expect((await update()).state.root).toEqual(last);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a root that the keys before did not sign',
      () => {
        repository.rootKeys = [newTufKey(), newTufKey()];
        repository.publishRoot();
      },
      /root: version 2 is signed by 0 of the 2 keys/,
    ],
    [
      'a root signed by one key twice',
      () => {
        const [first] = repository.rootKeys;
        repository.rootKeys = [first!, { ...first!, id: 'other' }];
        repository.publishRoot();
      },
      /is signed by 1 of the 2 keys/,
    ],
    [
      'a root of another version',
      () => repository.files.set('2.root.json', repository.files.get('1.root.json')!),
      /is version 1 instead of 2/,
    ],
    [
      'a timestamp signed by another key',
      () => repository.put('timestamp.json', 'timestamp', { version: 2, signed: { meta: {} }, keys: [newTufKey()] }),
      /timestamp: version 2 is signed by 0 of the 1 keys/,
    ],
    ['metadata of another role', () => repository.files.set('timestamp.json', repository.files.get('1.snapshot.json')!), /another role/],
    ['targets that were changed', () => changed('1.targets.json', '"length"', '"length" '), /has \d+ bytes instead of/],
    [
      'a target that was changed',
      () => changed([...repository.files.keys()].find((path) => path.includes('trusted'))!, '1', '2'),
      /another sha256/,
    ],
    ['a file that is missing', () => void repository.files.delete('1.snapshot.json'), /not in the repository/],
    ['another target', () => repository.publish('other.json', target), /has no trusted_root\.json/],
    [
      'metadata that has expired',
      () => {
        repository.expires = '2025-12-31T00:00:00Z';
        repository.publish(name, target);
      },
      /has expired on 2025-12-31/,
    ],
    [
      'a root that has expired',
      () => {
        repository.expires = '2025-12-31T00:00:00Z';
        repository.publishRoot();
      },
      /root: version 2 has expired/,
    ],
    ['no JSON', () => repository.files.set('timestamp.json', Buffer.from('x')), /not JSON/],
  ])('refuses %s', async (_what, attack, problem) => {
    attack();
    await refused(problem);
  });

  function changed(path: string, from: string, to: string): void {
    repository.files.set(path, Buffer.from(Buffer.from(repository.files.get(path)!).toString().replace(from, to)));
  }

  it.each(['timestamp', 'snapshot', 'targets'] as const)('refuses a %s older than one that was seen', async (role) => {
    await refused(`${role}: is version 1, older than version 2`, { ...state, versions: { [role]: 2 } });
  });

  it('forgets versions of keys that were replaced', async () => {
    const next = new FakeTufRepository();
    next.rootKeys = repository.rootKeys;
    next.rootVersion = 1;
    next.publishRoot();
    next.publish(name, target);
    repository = next;
    expect((await update({ ...state, versions: { timestamp: 900, snapshot: 900 } })).state.versions.timestamp).toBe(1);
  });

  it('ends when the roots never do', async () => {
    const { file } = repository;
    Object.assign(repository, { file: (path: string) => (path.endsWith('.root.json') ? endless(path) : file(path, 0)) });
    const endless = async (path: string): Promise<Uint8Array> => {
      repository.rootVersion = Number.parseInt(path, 10) - 1;
      return repository.publishRoot();
    };
    await refused(/more than 256 new versions/);
  });
});

describe('the shipped root', () => {
  it('is signed by its own keys', () => {
    const path = resolve(import.meta.dirname, '../../runtime/oci/signature/tuf/initial-root.json');
    const root = parseMetadata(readFileSync(path), 'root');
    requireSigned(root, 'root', root);
    const forged = { ...root, signed: { ...root.signed, version: root.version + 1 } };
    expect(() => requireSigned(forged, 'root', root)).toThrow(/signed by 0 of the 3 keys/);
  });
});

it.each([
  [{ b: [1, true, null], a: 'x"y\\z\n\u00e9' }, '{"a":"x\\"y\\\\z\n\u00e9","b":[1,true,null]}'],
  [{ '\uffff': 1, '\u{10000}': 2 }, '{"\uffff":1,"\u{10000}":2}'],
])('canonical JSON of %j', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

it('canonical JSON has no fractions', () => {
  expect(() => canonicalJson(1.5)).toThrow('not whole');
});
