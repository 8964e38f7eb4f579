import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from '../../../core/public-address.ts';

/** Gives all addresses of a name. */
export type Resolve = (name: string) => Promise<LookupAddress[]>;

export const systemResolve: Resolve = (name) => lookup(name, { all: true, verbatim: true });

/** Nothing may be sent there; `code` says why. */
export class AddressRefused extends Error {
  readonly code: 'url_not_allowed' | 'name_not_found';
  constructor(code: 'url_not_allowed' | 'name_not_found') {
    super(code);
    this.code = code;
  }
}

/** The text of a URL as its parts, judged without asking anybody. @throws AddressRefused */
export function parseUrl(text: string, allow_private: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || (allow_private && url?.protocol === 'http:');
  if (!url || !isHttp || url.username || url.password || url.hash)
    throw new AddressRefused('url_not_allowed');
  return url;
}

/**
 * The address to connect to. The name is resolved once, here, and whoever connects goes to this address and no other: a name
 * that answers otherwise the next time leads nowhere else.
 * @throws AddressRefused where one of its addresses is none of the public internet
 */
export async function addressOf(url: URL, allow_private: boolean, resolve: Resolve): Promise<LookupAddress> {
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const version = isIP(name);
  const found = version
    ? [{ address: name, family: version }]
    : await resolve(name).catch(() => {
        throw new AddressRefused('name_not_found');
      });
  const [first] = found;
  if (!first) throw new AddressRefused('name_not_found');
  if (!allow_private && !found.every(({ address }) => isPublicAddress(address)))
    throw new AddressRefused('url_not_allowed');
  return first;
}
