import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../support/as-root.ts';
import { nothingStays, Workshop } from './bad-input/refusal.ts';
import { mark } from './bad-input/sample.ts';

let workshop: Workshop;
beforeAll(async () => {
  workshop = new Workshop();
  workshop.gadget('sample', {
    macro: `GADGET_TRACER(calls, ${mark}_events, event);
struct by { __u32 pid; };
struct sum { __u64 count; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, struct by); __type(value, struct sum); } ${mark}_counts SEC(".maps");
GADGET_MAPITER(counts, ${mark}_counts);`,
  });
  const built = await workshop.run(['build', './sample', '-t', 'sample']);
  expect(built.stderr).toBe('');
});
afterAll(() => workshop.close());

const said = (...lines: string[]) => `${lines.join('\n')}\n`;
const fields = 'hint: fields are timestamp_raw, timestamp, pid';

describeAsRoot('a command line that is not right', () => {
  it.each<[words: string[], status: number, stderr: string]>([
    [['rnu'], 2, said('error: there is no command rnu', 'hint: did you mean run?')],
    [['frobnicate'], 2, said('error: there is no command frobnicate', 'hint: gadget --help shows what there is')],
    [['list', '--frob'], 2, said('error: there is no flag --frob', 'hint: gadget list --help shows what there is')],
    [['list', 'extra'], 2, said('error: list takes no arguments, not 1', 'hint: gadget list --help shows what there is')],
    [['image', 'inspcet'], 2, said('error: there is no command inspcet', 'hint: did you mean inspect?')],
    [['image', 'inspect'], 2, said('error: <image> is missing', 'hint: gadget image --help shows what there is')],
    [['run'], 2, said('error: which gadget?', 'hint: gadget run <image|folder|file.bpf.c>; gadget list shows those at hand')],
    [['run', 'sample', 'other'], 2, said('error: unexpected word "other"', 'hint: one gadget is run at a time')],
    [['run', 'sample', '--filed', 'pid'], 2, said('error: there is no flag --filed', 'hint: did you mean one of --fields, --filter?')],
    [['run', 'sample', '--fields', 'pidd'], 2, said('error: data source calls has no field pidd', 'hint: did you mean pid?')],
    [['run', 'sample', '--fields', 'calls:quite_other'], 2, said('error: data source calls has no field quite_other', fields)],
    [['run', 'sample', '--fields', 'cals:pid'], 2, said('error: --fields: there is no data source cals', 'hint: did you mean calls?')],
    [
      ['run', 'sample', '--filter', 'calls:pid'],
      2,
      said(
        'error: --filter "pid", column 1: "pid" is no condition',
        'hint: a condition is a field, one of == != >= <= > < ~ !~, and a value',
      ),
    ],
    [['run', 'sample', '--filter', 'calls:pid==me'], 2, said('error: --filter: pid is a whole number, "me" is none')],
    [['run', 'sample', '--filter', 'calls:timestamp~['], 2, said('error: regular expression "[", column 1: this [ has no end')],
    [['run', 'sample', '-E', 'calls:pid =='], 2, said('error: --filter-expr "pid ==", column 7: the expression ends too early')],
    [
      ['run', 'sample', '-E', 'calls:pid > "x"'],
      2,
      said('error: --filter-expr "pid > \\"x\\"", column 5: > cannot compare int with string').replaceAll('\\', ''),
    ],
    [
      ['run', 'sample', '--timeout', 'soon'],
      2,
      said('error: --timeout: "soon" cannot be used', 'hint: write seconds (5) or a number with a unit (500ms, 2s, 1m30s)'),
    ],
    [['run', 'sample', '--timeout'], 2, said('error: --timeout needs a value', 'hint: gadget run IMAGE --help lists the flags')],
    [['run', 'sample', '-n', '0'], 2, said('error: --number: "0" cannot be used', 'hint: write a number above 0')],
    [
      ['run', 'sample', '--buffer-size', 'big'],
      2,
      said('error: --buffer-size: "big" cannot be used', 'hint: write a size such as 8M, 512K or 65536'),
    ],
    [
      ['run', 'sample', '-o', 'xml'],
      2,
      said('error: there is no output format "xml"', 'hint: formats are columns, json, jsonpretty, yaml, none'),
    ],
    [['run', 'sample', '--sort', 'counts:cuont'], 2, said('error: data source counts has no field cuont', 'hint: did you mean count?')],
    [
      ['run', 'sample', '--max-entries', 'few'],
      2,
      said('error: --max-entries: "few" is no number of entries', 'hint: write a number; -1 shows all'),
    ],
    [
      ['run', 'sample', '--map-fetch-interval', 'often'],
      2,
      said('error: --map-fetch-interval: "often" is not a duration', 'hint: write seconds (5) or a number with a unit (500ms, 2s, 1m30s)'),
    ],
    [
      ['run', 'sample', '--map-fetch-count', 'twice'],
      2,
      said('error: --map-fetch-count: "twice" is not a number', 'hint: write how many tables; 0 for no end'),
    ],
    [
      ['run', 'sample', '--least_pid', 'lots'],
      2,
      said('error: "lots" is no value for --least_pid (uint32)', 'hint: write a whole number from 0 to 4294967295'),
    ],
    [['run', 'sample', '--kernel-btf', '/nowhere'], 2, said('error: --kernel-btf: cannot read /nowhere: no such file or directory')],
    [
      ['run', 'sample', '--kernel-btf', '/etc/passwd'],
      4,
      said(
        'error: --kernel-btf: /etc/passwd is neither BTF nor an ELF file with BTF',
        'hint: BTF of another kernel is its /sys/kernel/btf/vmlinux, copied to a file',
      ),
    ],
    [['run', 'sample', '--watch'], 2, said('error: --watch needs a folder or a .bpf.c file: images do not change')],
    [
      ['run', 'sample', '-o', 'json=/nowhere/file'],
      8,
      said('error: cannot open /nowhere/file for output: no such file or directory', 'hint: name a file in a folder that can be written'),
    ],
    [['run', './nowhere'], 4, said('error: there is no file or folder ./nowhere')],
    [
      ['build', './store'],
      4,
      said(
        'error: ./store has nothing to build: neither program.bpf.c nor gadget.yaml',
        "hint: name a gadget's folder, or say in its build.yaml which file is its ebpfsource",
      ),
    ],
    [['build', './sample', '-f', 'other.yaml'], 4, said('error: there is no build file ./sample/other.yaml')],
    [
      ['build', './sample', '--clang', 'no-such-clang'],
      6,
      said(
        'error: no compiler for eBPF: there is no compiler no-such-clang',
        'hint: on Debian and Ubuntu: apt install clang-19; or name one with --clang or CLANG',
      ),
    ],
    [['list', '-o', 'xml'], 2, said('error: there is no output format "xml" here', 'hint: -o takes columns, json, jsonpretty, yaml')],
    [['version', '-o', 'xml'], 2, said('error: there is no output format "xml" here', 'hint: -o takes text, json')],
    [['vmlinux', './nowhere'], 2, said('error: cannot read ./nowhere: no such file or directory')],
    [
      ['image', 'tag', 'sampel', 'other'],
      3,
      said('error: there is no image ghcr.io/inspektor-gadget/gadget/sampel:latest in the local store', 'hint: did you mean sample?'),
    ],
    [
      ['run', 'sampel', '--pull', 'never'],
      3,
      said('error: there is no image ghcr.io/inspektor-gadget/gadget/sampel:latest in the local store', 'hint: did you mean sample?'),
    ],
    [
      ['run', 'store', '--pull', 'never'],
      3,
      said(
        'error: there is no image ghcr.io/inspektor-gadget/gadget/store:latest in the local store',
        'hint: there is a file or folder of that name: write ./store to run it',
      ),
    ],
    [
      ['run', 'quite-unlike-any', '--pull', 'never'],
      3,
      said(
        'error: there is no image ghcr.io/inspektor-gadget/gadget/quite-unlike-any:latest in the local store',
        'hint: with --pull missing it is fetched from its registry',
      ),
    ],
  ])('gadget %j', async (words, status, stderr) => {
    expect(await workshop.run(words)).toEqual({ status, stdout: '', stderr });
    await nothingStays();
  });

  const toFullDisk = ['sh', '-c', 'exec "$@" >/dev/full', 'sh'];

  it.each([[['list']], [['image', 'list']], [['image', 'inspect', 'sample']], [['vmlinux']], [['--help']]])(
    'gadget %j to a full disk',
    async (words) => {
      const stderr = said('error: cannot write the output: no space left on device');
      expect(await workshop.run(words, { through: toFullDisk })).toEqual({ status: 8, stdout: '', stderr });
    },
  );
});
