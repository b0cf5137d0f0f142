import { connect } from 'node:net';

/**
 * A ClientHello that every TLS server answers, if only with an alert (RFC 5246, 7.4.1.2). It offers no cipher, so nothing is ever agreed;
 * the line ends in a reserved extension (RFC 8701) make an HTTP server answer as well instead of waiting for the end of a line.
 */
const clientHello = Buffer.concat([
  Buffer.from('1603010039' + '01000035' + '0303', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('00' + '000200ff' + '0100' + '000a' + '0a0a0006', 'hex'),
  Buffer.from('\r\n\r\n\r\n'),
]);
const handshakeRecord = 0x16;
const alertRecord = 0x15;

/**
 * Whether a server speaks TLS; undefined when it cannot be reached, or says nothing in time. Cheaper than a try at HTTPS, which has to load
 * and parse certificates first.
 */
export function detectTls(host: string, port: number, timeoutMs: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs, autoSelectFamily: true }, () => socket.write(clientHello));
    const answer = (speaksTls: boolean | undefined): void => {
      socket.destroy();
      resolve(speaksTls);
    };
    let connected = false;
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('data', (bytes) => answer(bytes[0] === handshakeRecord || bytes[0] === alertRecord));
    socket.once('timeout', () => answer(undefined));
    // Hung up on, without an alert: what a server does that does not understand the first bytes.
    socket.once('end', () => answer(false));
    socket.once('error', () => answer(connected ? false : undefined));
  });
}
