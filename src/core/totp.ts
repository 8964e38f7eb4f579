import { createHmac, timingSafeEqual } from 'node:crypto';

/** One-time codes of an authenticator app: RFC 6238 with what every app takes, SHA-1, six digits and 30 seconds. */

const STEP_SECONDS = 30;
const DIGITS = 6;
/** Clocks of phones may be a step early or late (RFC 6238, 5.2). */
const DRIFT = 1;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** As people type a secret: RFC 4648, section 6, without the signs at its end. */
export function base32(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  const fives = bits.match(/.{1,5}/g) ?? [];
  return fives.map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** RFC 4226, 5.3. @param step how many times 30 seconds have passed since 1970 */
export function totp(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  const number = (mac.readUInt32BE(at) & 0x7fffffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

/** @returns the step of which this is the code, the present one or one beside it; undefined for a code of none of them */
export function stepOf(secret: Buffer, code: string, now: Date): number | undefined {
  const present = Math.floor(now.getTime() / 1_000 / STEP_SECONDS);
  const steps = Array.from({ length: 2 * DRIFT + 1 }, (_, index) => present - DRIFT + index);
  return steps.find((step) => {
    const right = Buffer.from(totp(secret, step));
    const typed = Buffer.from(code);
    return right.length === typed.length && timingSafeEqual(right, typed);
  });
}

/** What an app reads from a picture (Google's Key Uri Format). */
export function totpUri(secret: Buffer, { issuer, account }: { issuer: string; account: string }): string {
  // Some apps stop reading at a colon, even an encoded one.
  const name = issuer.replaceAll(':', ' ');
  const label = `${encodeURIComponent(name)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(name)}`;
}
