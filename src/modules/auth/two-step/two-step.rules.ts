import { randomBytes } from 'node:crypto';
import { hashOf } from '../../../core/secrets.ts';
import { base32 } from '../../../core/totp.ts';

/** How many recovery codes somebody has. */
export const RECOVERY_CODES = 10;
/** 80 bits each. */
const RECOVERY_BYTES = 10;

/** Codes to be written down, such as `k3fq-7wza-pl2m-9rtx`, each for one use. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () =>
    (base32(randomBytes(RECOVERY_BYTES)).toLowerCase().match(/.{4}/g) ?? []).join('-'),
  );

/** What is typed as a second step, without the spaces and hyphens by which people read it. */
export function readCode(typed: string): { app: string } | { recovery: Buffer } | undefined {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase();
  if (/^\d{6}$/.test(code)) return { app: code };
  return /^[a-z2-7]{16}$/.test(code) ? { recovery: hashOf(code) } : undefined;
}
