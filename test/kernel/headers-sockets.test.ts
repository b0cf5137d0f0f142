import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { socketValueBytes, withSocketValue } from '../support/kernel-btf.ts';
import { missing } from './fixture.ts';
import { type LoadedGadget, textAt, withGadget } from './gadget-object.ts';

const family = { ipv4: 2, ipv6: 10 };
const tcp = 6;
const udp = 17;
const netns = 4026530000;
const owner = { pid: 1234, tid: 1235, uid: 7, gid: 8, ppid: 99, ptid: 98, mntns: 4026539999n };

/** As a runtime prepares it: values of the length it chose, nothing pinned. */
const gadgetOptions = {
  kernelBtf: withSocketValue,
  prepare: (object: { maps: readonly { name: string; setValueSize(n: number): void; setPinPath(path: undefined): void }[] }) => {
    for (const map of object.maps) {
      if (map.name === 'gadget_sockets') map.setValueSize(socketValueBytes);
      if (map.name.startsWith('gpu_')) map.setPinPath(undefined);
    }
  },
};

function socketKey(key: { netns: number; family: number; protocol: number; port: number }): Uint8Array {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, key.netns, true);
  view.setUint16(4, key.family, true);
  view.setUint8(6, key.protocol);
  view.setUint16(8, key.port, true);
  return new Uint8Array(view.buffer);
}

function socketValue(ipv6only: 0 | 1): Uint8Array {
  const bytes = Buffer.alloc(socketValueBytes);
  bytes.writeBigUInt64LE(owner.mntns, 0);
  bytes.writeBigUInt64LE((BigInt(owner.pid) << 32n) | BigInt(owner.tid), 8);
  bytes.writeBigUInt64LE((BigInt(owner.gid) << 32n) | BigInt(owner.uid), 16);
  bytes.write('server', 24);
  bytes.write('parent', 40);
  bytes.writeUInt32LE(owner.ppid, 72);
  bytes.writeUInt32LE(owner.ptid, 76);
  bytes[80] = ipv6only;
  return bytes;
}

const port = (number: number) => [number >> 8, number & 0xff];
const ports = (source: number, destination: number) => [...port(source), ...port(destination), ...new Array<number>(16).fill(0)];
const ethernet = (type: number) => [...new Array<number>(12).fill(0), type >> 8, type & 0xff];

function ipv4(protocol: number, rest: readonly number[], options: { words?: number; fragment?: number } = {}): number[] {
  const { words = 5, fragment = 0 } = options;
  const header = [0x40 | words, 0, 0, 60, 0, 0, ...port(fragment), 64, protocol, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
  return [...ethernet(0x0800), ...header, ...new Array<number>((words - 5) * 4).fill(0), ...rest];
}

function ipv6(next: number, rest: readonly number[]): number[] {
  return [...ethernet(0x86dd), 0x60, 0, 0, 0, 0, 60, next, 64, ...new Array<number>(32).fill(0), ...rest];
}

/** An extension header that says what follows it and how long it is, in its own units. */
const extension = (next: number, length: number, bytes: number) => [next, length, ...new Array<number>(bytes - 2).fill(0)];
const hopByHop = 0;
const fragmentHeader = 44;
const authentication = 51;
const destination = 60;

type Row = readonly [packet: readonly number[], program: 'receiver' | 'sender' | 'by_packet_type', pid: number];
/** The map has TCP 80 (IPv4), UDP 53 (IPv6, dual-stack), UDP 54 (IPv6 only). */
const packets: Readonly<Record<string, Row>> = {
  'a segment to the socket': [ipv4(tcp, ports(5000, 80)), 'receiver', owner.pid],
  'a segment from the socket': [ipv4(tcp, ports(80, 5000)), 'sender', owner.pid],
  'the wrong direction': [ipv4(tcp, ports(5000, 80)), 'sender', 0],
  'a packet to this host': [ipv4(tcp, ports(5000, 80)), 'by_packet_type', owner.pid],
  'another protocol of the same port': [ipv4(udp, ports(5000, 80)), 'receiver', 0],
  'a protocol without ports': [ipv4(1, ports(5000, 80)), 'receiver', 0],
  'IPv4 with options': [ipv4(tcp, ports(5000, 80), { words: 8 }), 'receiver', owner.pid],
  'a first fragment': [ipv4(tcp, ports(5000, 80), { fragment: 0x2000 }), 'receiver', owner.pid],
  'a later fragment': [ipv4(tcp, ports(5000, 80), { fragment: 0x2010 }), 'receiver', 0],
  'IPv4 to a dual-stack socket': [ipv4(udp, ports(5000, 53)), 'receiver', owner.pid],
  'IPv4 to a socket for IPv6 only': [ipv4(udp, ports(5000, 54)), 'receiver', 0],
  IPv6: [ipv6(udp, ports(5000, 54)), 'receiver', owner.pid],
  'IPv6 has no second try': [ipv6(tcp, ports(5000, 80)), 'receiver', 0],
  'IPv6 behind extension headers': [
    ipv6(hopByHop, [
      ...extension(destination, 0, 8),
      ...extension(authentication, 1, 16),
      ...extension(fragmentHeader, 4, 24),
      ...extension(udp, 0, 8),
      ...ports(5000, 53),
    ]),
    'receiver',
    owner.pid,
  ],
  'a later fragment of IPv6': [ipv6(fragmentHeader, [udp, 0, 0x10, 0, 0, 0, 0, 0, ...ports(5000, 53)]), 'receiver', 0],
  'IPv6 cut off in its headers': [ipv6(hopByHop, [destination, 40, 0, 0, 0, 0, 0, 0]), 'receiver', 0],
  ARP: [[...ethernet(0x0806), ...new Array<number>(46).fill(0)], 'receiver', 0],
};

/** What the kernel's test run of a program answers. `cb[0]`, where the namespace stands, is at byte 48 of struct __sk_buff. */
function runOnPacket(gadget: LoadedGadget, program: string, packet: readonly number[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-packet-'));
  try {
    const context = Buffer.alloc(192);
    context.writeUInt32LE(netns, 48);
    writeFileSync(join(folder, 'packet'), Uint8Array.from(packet));
    writeFileSync(join(folder, 'context'), context);
    const id = String(gadget.object.program(program)!.id);
    const files = ['data_in', join(folder, 'packet'), 'ctx_in', join(folder, 'context'), 'repeat', '1'];
    const answer = execFileSync('bpftool', ['--json', 'prog', 'run', 'id', id, ...files], { encoding: 'utf8' });
    return (JSON.parse(answer) as { retval: number }).retval;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function addSockets(gadget: LoadedGadget): void {
  const sockets = gadget.map('gadget_sockets');
  sockets.update(socketKey({ netns, family: family.ipv4, protocol: tcp, port: 80 }), socketValue(0));
  sockets.update(socketKey({ netns, family: family.ipv6, protocol: udp, port: 53 }), socketValue(0));
  sockets.update(socketKey({ netns, family: family.ipv6, protocol: udp, port: 54 }), socketValue(1));
}

describe.skipIf(missing.length > 0)('the owner of a packet', () => {
  it('is found by what the packet says', async () => {
    await withGadget('headers-packets', gadgetOptions, (gadget) => {
      addSockets(gadget);
      const found = Object.entries(packets).map(([name, [packet, program]]) => [name, runOnPacket(gadget, program, packet)]);
      expect(found).toEqual(Object.entries(packets).map(([name, [, , pid]]) => [name, pid]));
    });
  });

  const unwanted = 0xffffffff;
  it.for([
    ['its pid', { targ_pid: owner.pid }, owner.pid, unwanted],
    ['its user', { targ_uid: owner.uid }, owner.pid, unwanted],
    ['another pid', { targ_pid: 1 }, unwanted, unwanted],
    ['nothing', {}, owner.pid, 0],
  ] as const)('filtered by %s', async ([, variables, known, unknown]) => {
    await withGadget('headers-packets', { ...gadgetOptions, variables }, (gadget) => {
      addSockets(gadget);
      const answers = [80, 81].map((number) => runOnPacket(gadget, 'receiver', ipv4(tcp, ports(5000, number))) >>> 0);
      expect(answers).toEqual([known, unknown]);
    });
  });

  it('an empty packet filter lets every packet through', async () => {
    await withGadget('headers-packets', gadgetOptions, (gadget) => {
      expect(runOnPacket(gadget, 'filtered', ipv4(tcp, ports(1, 2)))).toBe(1);
    });
  });
});

describe.skipIf(missing.length > 0)('the owner of a socket', () => {
  it('is found by its struct sock, with the optional fields that user space chose', async () => {
    const number = await freePort();
    await withGadget('headers-sockets', gadgetOptions, async (gadget) => {
      const here = Number(statSync('/proc/self/ns/net').ino);
      gadget.map('gadget_sockets').update(socketKey({ netns: here, family: family.ipv4, protocol: tcp, port: number }), socketValue(0));
      gadget.object.program('on_state')!.attach({ kind: 'tracing' });
      await freePort(number);

      const [event] = gadget.records();
      // struct gadget_process, then netns, the bytes of cwd, and whether there is an exepath.
      expect([16, 20, 32, 36, 56, 60].map((at) => event!.getUint32(at, true))).toEqual([
        ...[owner.pid, owner.tid, owner.uid, owner.gid, owner.ppid, owner.ptid],
      ]);
      expect([textAt(event!, 0), textAt(event!, 40)]).toEqual(['server', 'parent']);
      expect([64, 68, 72].map((at) => event!.getUint32(at, true))).toEqual([here, 64, 0]);
    });
  });

  /** Listens for a moment, on a port that nobody has or on the given one. */
  async function freePort(number = 0): Promise<number> {
    const server = createServer().listen(number, '127.0.0.1');
    await once(server, 'listening');
    const { port: taken } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return taken;
  }
});
