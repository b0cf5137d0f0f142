/** Numbers of IP protocols that a gadget may meet (IANA), by name. */
const names = new Map([
  [0, 'HOPOPT'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [33, 'DCCP'],
  [41, 'IPv6'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [115, 'L2TP'],
  [132, 'SCTP'],
  [136, 'UDPLite'],
  [255, 'RAW'],
  [262, 'MPTCP'],
]);

/** An IP protocol's name: `TCP`; `proto#N` for a number without a name. */
export function protocolName(protocol: number): string {
  return names.get(protocol) ?? `proto#${protocol}`;
}
