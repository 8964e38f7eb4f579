import { isIP } from 'node:net';

/** How many somebody may have: one for each device, and some that are kept in a drawer. */
export const PASSKEYS_MAX = 20;

/** For so long a device may take to sign a challenge, in milliseconds: people look for their phone first. */
export const ANSWER_WITHIN = 300_000;

/** The site for which devices make passkeys. */
export interface Site {
  /** Its name, to which they bind them. */
  id: string;
  /** The only pages that may ask for them. */
  origin: string;
}

/**
 * Browsers make passkeys for names reached by HTTPS, and for `localhost` (WebAuthn Level 3, 5.1.3 and 13.4.9). They make none
 * for a bare address.
 * @returns undefined where they make none for this server
 */
export function siteOf(public_url: string | undefined): Site | undefined {
  if (public_url === undefined) return undefined;
  const { protocol, hostname, origin } = new URL(public_url);
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return undefined;
  return protocol === 'https:' || hostname === 'localhost' ? { id: hostname, origin } : undefined;
}
