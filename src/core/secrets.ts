import { createHash, randomBytes } from 'node:crypto';

/** What somebody holds and nobody guesses: 256 random bits, in letters that an address may have. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** All that is kept of a secret, a code or a token (SHA-256). They are random enough to need no salt. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
