import { isIP } from 'node:net';

/**
 * @param text as a connection or a trusted proxy gives it; a connection that is gone gives none
 * @returns a plain IP address: without a zone, IPv4 as itself where it comes wrapped in IPv6; undefined for anything else
 */
export function addressOf(text: string | undefined): string | undefined {
  const [plain = ''] = text?.split('%', 1) ?? [];
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
  return isIP(address) === 0 ? undefined : address;
}

/**
 * Who stands behind an address, as far as an address can tell: an IPv4 address, or the /64 of an IPv6 one, since
 * whoever has one address of a /64 has all 2^64 of them and changes them at will.
 * @returns CIDR such as 203.0.113.7/32 or 2001:db8:1:2::/64; undefined for what is no address
 */
export function networkOf(text: string | undefined): string | undefined {
  const address = addressOf(text);
  if (address === undefined) return undefined;
  return isIP(address) === 4 ? `${address}/32` : `${prefixOf(address)}::/64`;
}

/** The first four groups of an IPv6 address, without their leading zeros. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  // An IPv4 address written at the end stands for two groups.
  const length = after.length + (after.at(-1)?.includes('.') ? 1 : 0);
  const missing = tail === undefined ? 0 : 8 - before.length - length;
  const all = [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
