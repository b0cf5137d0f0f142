/** The bytes a DSSE signature is over: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const header = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(header), payload]);
}
