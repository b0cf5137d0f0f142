import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeAsRoot } from '../../../test/support/as-root.ts';
import { runGadget } from '../../../test/support/run-gadget.ts';

const server = createServer();
const udp = createSocket('udp4');
let client: Socket;

function ownSocketInodes(): number[] {
  const inodes: number[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.push(Number(inode));
    } catch {
      // the descriptor that read the folder is closed by now
    }
  }
  return inodes;
}

describeAsRoot('snapshot_socket', () => {
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
  });
  afterAll(() => {
    client.destroy();
    server.close();
    udp.close();
  });

  it('shows sockets of TCP and UDP with addresses, state and inode, and ends', async () => {
    const result = await runGadget(['run', './gadgets/snapshot_socket', '-o', 'json']);
    expect(result.status, result.stderr).toBe(0);
    const listening = (server.address() as AddressInfo).port;
    const own = result.events.filter((event) => [listening, client.localPort, udp.address().port].includes(event.src.port));
    const rows = own.map((event) => [event.src.proto, event.src.addr, event.src.port, event.dst.port, event.state]).sort();
    expect(rows).toEqual(
      [
        ['TCP', '127.0.0.1', listening, 0, 'LISTEN'],
        ['TCP', '127.0.0.1', client.localPort, listening, 'ESTABLISHED'],
        ['TCP', '127.0.0.1', listening, client.localPort, 'ESTABLISHED'],
        ['UDP', '127.0.0.1', udp.address().port, 0, 'CLOSE'],
      ].sort(),
    );
    const listener = own.find((event) => event.state === 'LISTEN');
    expect(ownSocketInodes()).toContain(Number(listener.ino));
    expect(Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0])).toBe(listener.netns_id);
  });
});
