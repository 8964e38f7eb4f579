import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'clinic_';
/** 190 bits. */
const RANDOM = 32;
/** CRC-32 in base 62: whoever scans for keys that leaked tells one from other text without asking us. */
const CHECKSUM = 6;

const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM + CHECKSUM}}$`);

function checksumOf(text: string): string {
  let rest = crc32(text);
  let written = '';
  for (let digit = 0; digit < CHECKSUM; digit += 1) {
    written = LETTERS[rest % LETTERS.length] + written;
    rest = Math.floor(rest / LETTERS.length);
  }
  return written;
}

/** A new key; it is shown once and never kept. */
export function makeApiKey(): string {
  const random = Array.from({ length: RANDOM }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  const text = `${PREFIX}${random}`;
  return text + checksumOf(text);
}

/** Whether a token is meant as a key, well formed or not. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith(PREFIX);

/** Whether a key could have been made here: its checksum is right. */
export const isWholeApiKey = (key: string): boolean =>
  SHAPE.test(key) && checksumOf(key.slice(0, -CHECKSUM)) === key.slice(-CHECKSUM);

/** By which its owner tells one key from another in a list. */
export const endOfApiKey = (key: string): string => key.slice(-4);
