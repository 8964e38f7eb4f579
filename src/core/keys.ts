import { createHmac, hkdfSync } from 'node:crypto';

/** What a key is used for; each use has its own, so that none can be played against another. */
type KeyPurpose =
  | 'codes'
  | 'throttles'
  | 'refresh_tokens'
  | 'messages'
  | 'links'
  | 'provider_names'
  | 'sign_in_starts'
  | 'erased';

/**
 * A key for one use, made from the signing secret (RFC 5869).
 * @returns 256 bits, the same in every process that has the same secret
 */
export const deriveKey = (secret: string, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'clinic-booking-api', purpose, 32));

/** By which the database knows again what it had to disguise, as text for its `disguise`. */
export const disguiseKey = ([secret = '']: readonly string[]): string =>
  deriveKey(secret, 'erased').toString('hex');

/**
 * The name of a signing secret, as tokens carry it in their header (`kid`, RFC 7515, 4.1.4). It tells no more of the
 * secret than any signature made with it does.
 */
export const keyId = (secret: string): string =>
  createHmac('sha256', secret).update('kid').digest().subarray(0, 6).toString('base64url');
